"""The one Celery task: nudges after a commit and ticks of beat both ask for it."""

from celery import shared_task
from django.db import close_old_connections

from webhooks.dispatch import deliver_due


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    """Attempts every delivery that is due."""
    close_old_connections()  # a connection that PostgreSQL ended meanwhile is replaced, not stumbled over
    deliver_due()
