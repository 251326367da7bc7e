"""Celery tasks. `dispatch` is sent after commits (webhooks.nudge) and by beat, `send` by `dispatch`; others by beat."""

from celery import shared_task

from webhooks import alerts, lane, retention
from webhooks.dispatcher import hand_out_lanes


@shared_task(name="webhooks.dispatch")
def dispatch() -> None:
    """Has every due delivery sent."""
    hand_out_lanes()


@shared_task(name="webhooks.send")
def send(lane_id: int) -> None:
    """Sends the due deliveries of one receiver for about a second."""
    lane.run(lane_id)


@shared_task(name="webhooks.notify_staff")
def notify_staff() -> None:
    """Emails staff about receivers that Ticket Loop disabled."""
    alerts.notify_staff()


@shared_task(name="webhooks.prune")
def prune() -> None:
    """Deletes old events with nothing left to deliver."""
    retention.prune()
