"""The desk's frame: its signal handler."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from desk.interruption import after_sign_in


class DeskConfig(AppConfig):
    name = "desk"

    def ready(self) -> None:
        """Hands back what somebody was about to do when they turned out to be signed out."""
        user_logged_in.connect(after_sign_in)
