"""Celery tasks. `deliver` is sent after commits (webhooks.nudge) and by beat; the others are sent by beat alone."""

from celery import shared_task

from webhooks import alerts, retention
from webhooks.dispatcher import deliver_due


@shared_task(name="webhooks.deliver")
def deliver() -> None:
    """Attempts every due delivery."""
    deliver_due()


@shared_task(name="webhooks.notify_staff")
def notify_staff() -> None:
    """Emails staff about receivers that Ticket Loop disabled."""
    alerts.notify_staff()


@shared_task(name="webhooks.prune")
def prune() -> None:
    """Deletes old events with nothing left to deliver."""
    retention.prune()
