"""The receiver that `WEBHOOK_URL` names: a row that follows the environment."""

from django.conf import settings

from webhooks.models import EventType, Receiver


def sync_environment_receiver() -> None:
    """Makes the environment's receiver what the settings say: created, changed, or disabled when unset."""
    receivers = Receiver.objects.filter(source=Receiver.Source.ENVIRONMENT)
    if not settings.WEBHOOK_URL:
        receivers.update(enabled=False, disabled_reason="WEBHOOK_URL is not set.")
        return
    values = {
        "description": "WEBHOOK_URL",
        "url": settings.WEBHOOK_URL,
        "events": [EventType.TICKET_CREATED],
        "timeout": settings.WEBHOOK_TIMEOUT,
        "enabled": True,
        "disabled_reason": "",
    }
    if settings.WEBHOOK_SECRET:
        values["secret"] = settings.WEBHOOK_SECRET
    Receiver.objects.update_or_create(source=Receiver.Source.ENVIRONMENT, defaults=values)
