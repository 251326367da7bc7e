"""The project's own application: commands and templates that belong to no other, and its signal handlers."""

from celery.signals import task_prerun
from django.apps import AppConfig
from django.core.signals import request_started

from ticketloop.stale_connections import close_ended_connection


class TicketLoopConfig(AppConfig):
    name = "ticketloop"

    def ready(self) -> None:
        """Has each request and each task begin with a connection that PostgreSQL has not ended."""
        request_started.connect(close_ended_connection)
        task_prerun.connect(close_ended_connection)
