"""Tells staff, once, that Ticket Loop gave up on a receiver."""

import logging
import smtplib

from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from webhooks.models import Receiver

logger = logging.getLogger(__name__)

TEXT = """Ticket Loop sends no more webhooks to this receiver:

{receiver}
{url}

Why: {reason}
Since: {moment:%Y-%m-%d %H:%M} UTC

Its events are kept. Once it works again, enable it in the support desk (Webhooks, Receivers):
you will be offered to send what it missed.
"""


def disabled_receivers() -> list[Receiver]:
    """The receivers that Ticket Loop disabled and staff have not dealt with."""
    return list(Receiver.objects.filter(enabled=False, disabled_at__isnull=False))


def tell_staff() -> None:
    """Emails those who may change receivers about each newly disabled one; what cannot be sent is tried again later."""
    untold = Receiver.objects.filter(enabled=False, disabled_at__isnull=False, staff_told_at__isnull=True)
    for pk in untold.values_list("pk", flat=True):
        with transaction.atomic():
            receiver = untold.select_for_update(skip_locked=True).filter(pk=pk).first()
            if receiver and _tell(receiver):
                receiver.staff_told_at = timezone.now()
                receiver.save(update_fields=["staff_told_at"])


def _tell(receiver: Receiver) -> bool:
    users = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    addresses = [user.email for user in users if user.email and user.has_perm("webhooks.change_receiver")]
    logger.warning("receiver %s was disabled: %s", receiver.pk, receiver.disabled_reason)
    if not addresses:
        logger.warning("nobody who may change receivers has an email address; the support desk shows it")
        return True
    values = {"receiver": receiver, "url": receiver.url, "reason": receiver.disabled_reason}
    text = TEXT.format(**values, moment=receiver.disabled_at)
    try:
        send_mail("Ticket Loop disabled a webhook receiver", text, None, addresses)
    except (OSError, smtplib.SMTPException) as error:
        logger.error("staff cannot be told by email (EMAIL_URL): %s", error)
        return False
    return True
