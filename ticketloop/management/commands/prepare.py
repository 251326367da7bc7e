"""`manage.py prepare`: migrations and first-time set-up, to run before a new version starts."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from webhooks.environment import sync_environment_receiver

# A migration that waits for a lock makes all others wait for itself. It fails instead, and can be run again.
LIMIT_LOCKS = "SET lock_timeout = '3s'"


class Command(BaseCommand):
    help = "Migrates the database, sets up the receiver that WEBHOOK_URL names and creates the first superuser."

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(LIMIT_LOCKS)
        call_command("migrate", interactive=False, verbosity=0)
        sync_environment_receiver()
        self.create_first_superuser()

    def create_first_superuser(self) -> None:
        """Creates a superuser if there is none; prints a generated password once."""
        users = get_user_model()._default_manager
        if users.filter(is_superuser=True).exists():
            return
        password = settings.ADMIN_PASSWORD or secrets.token_urlsafe(12)
        address = settings.ADMIN_EMAIL[0] if settings.ADMIN_EMAIL else ""
        users.create_superuser(settings.ADMIN_USERNAME, address, password)
        shown = "the password from ADMIN_PASSWORD" if settings.ADMIN_PASSWORD else f"password {password}"
        self.stdout.write(f"created the superuser {settings.ADMIN_USERNAME} with {shown}")
