"""Notifies staff, once, when Ticket Loop disables a receiver."""

import logging
import smtplib

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from webhooks.models import Receiver

logger = logging.getLogger(__name__)

TEXT = """Ticket Loop no longer sends webhooks to this receiver:

{receiver}
{url}

Reason: {reason}
Since: {moment:%Y-%m-%d %H:%M} UTC

Its events are kept. Once it works again, enable it in the support desk (Webhooks, Receivers)
and replay what it missed.
"""


def disabled_receivers() -> list[Receiver]:
    """Receivers that Ticket Loop disabled and that staff have neither enabled nor acknowledged."""
    return list(Receiver.objects.filter(enabled=False, disabled_at__isnull=False))


def notify_staff() -> None:
    """Emails staff who may change receivers about each newly disabled one; retries failed emails at the next run."""
    unnotified = Receiver.objects.filter(enabled=False, disabled_at__isnull=False, staff_notified_at__isnull=True)
    for pk in unnotified.values_list("pk", flat=True):
        with transaction.atomic():
            receiver = unnotified.select_for_update(skip_locked=True).filter(pk=pk).first()
            if receiver and _notify(receiver):
                receiver.staff_notified_at = timezone.now()
                receiver.save(update_fields=["staff_notified_at"])


def _notify(receiver: Receiver) -> bool:
    users = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    addresses = [user.email for user in users if user.email and user.has_perm("webhooks.change_receiver")]
    logger.warning("receiver %s was disabled: %s", receiver.pk, receiver.disabled_reason)
    if not addresses:
        logger.warning("no staff who may change receivers have an email address; only the support desk shows it")
        return True
    values = {"receiver": receiver, "url": receiver.url, "reason": receiver.disabled_reason}
    text = TEXT.format(**values, moment=receiver.disabled_at)
    try:
        send_mail("Ticket Loop disabled a webhook receiver", text, None, addresses)
    except (OSError, smtplib.SMTPException) as error:
        logger.error("staff cannot be notified by email (EMAIL_URL): %s", error)
        return False
    return True
