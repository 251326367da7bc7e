"""Notifies staff, once, when Ticket Loop disables a receiver."""

import logging
import smtplib

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email

from core.raw_sql import execute, fetch_all
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


# Leased for some minutes, as a mail server can take its time; committed before a mail is sent, so that no row is locked
# meanwhile. Whoever dies while mailing leaves it to a later run.
CLAIM = """
UPDATE webhook_receivers SET notify_staff_at = now() + interval '5 minutes'
WHERE NOT enabled AND disabled_at IS NOT NULL AND notify_staff_at <= now()
RETURNING id, notify_staff_at
"""
NOTIFIED = """
UPDATE webhook_receivers SET notify_staff_at = CASE WHEN NOT %(sent)s::boolean THEN now() END
WHERE id = %(receiver)s AND notify_staff_at = %(lease)s
"""


def disabled_receivers() -> list[Receiver]:
    """Receivers that Ticket Loop disabled and that staff have neither enabled nor acknowledged."""
    return list(Receiver.objects.filter(enabled=False, disabled_at__isnull=False))


def notify_staff() -> None:
    """Emails those concerned about each newly disabled receiver; what cannot be sent is tried again at the next run."""
    for pk, lease in fetch_all(CLAIM, {}):
        sent = all(_notify(receiver) for receiver in Receiver.objects.filter(pk=pk))
        execute(NOTIFIED, {"receiver": pk, "lease": lease, "sent": sent})


def _notify(receiver: Receiver) -> bool:
    logger.warning("receiver %s was disabled: %s", receiver.pk, receiver.disabled_reason)
    addresses = _addresses()
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


def _addresses() -> list[str]:
    """ADMIN_EMAIL, and the valid addresses of staff who may change receivers."""
    users = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
    found = [*settings.ADMIN_EMAIL]
    for user in users:
        if user.email and user.has_perm("webhooks.change_receiver") and user.email not in found:
            try:
                validate_email(user.email)
            except ValidationError:
                logger.warning("%s cannot be notified: the email address of this account is malformed", user)
            else:
                found.append(user.email)
    return found
