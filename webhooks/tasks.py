"""The Celery tasks: nudges after a commit and ticks of beat ask for `deliver`, beat alone for the others."""

from celery import shared_task
from django.db import close_old_connections

from webhooks import alerts, retention
from webhooks.dispatcher import deliver_due


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    """Attempts every delivery that is due."""
    close_old_connections()  # a connection that PostgreSQL ended meanwhile is replaced, not stumbled over
    deliver_due()


@shared_task(name="webhooks.tell_staff")
def tell_staff() -> None:
    """Emails staff about receivers that were disabled."""
    close_old_connections()
    alerts.tell_staff()


@shared_task(name="webhooks.prune")
def prune() -> None:
    """Forgets old events that are owed to nobody."""
    close_old_connections()
    retention.prune()
