"""The receiver that `WEBHOOK_URL` configures: a row that follows the environment."""

from django.conf import settings

from webhooks.models import EventType, Receiver


def sync_environment_receiver() -> None:
    """Creates or updates the receiver from the settings; disables it if WEBHOOK_URL is unset."""
    receiver = Receiver.objects.filter(source=Receiver.Source.ENVIRONMENT).first()
    if not settings.WEBHOOK_URL:
        if receiver:
            receiver.enabled, receiver.disabled_reason = False, "WEBHOOK_URL is not set."
            receiver.save(update_fields=["enabled", "disabled_reason"])
        return
    receiver = receiver or Receiver(source=Receiver.Source.ENVIRONMENT)
    receiver.description = "WEBHOOK_URL"
    receiver.url = settings.WEBHOOK_URL
    receiver.events = [EventType.TICKET_CREATED]
    receiver.timeout = settings.WEBHOOK_TIMEOUT
    if settings.WEBHOOK_SECRET:
        receiver.secret = settings.WEBHOOK_SECRET
    receiver.enabled, receiver.disabled_reason = True, ""
    receiver.disabled_at = receiver.failing_since = receiver.next_probe_at = None
    receiver.consecutive_failures = 0
    receiver.save()
