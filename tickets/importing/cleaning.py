"""Converts rows of the original to rows of this service, or rejects them with a reason."""

import re

from contacts.email import normalise_email
from contacts.models import NAME_MAX_LENGTH, Contact
from tickets.importing.original import OriginalContact, OriginalTicket
from tickets.models import DESCRIPTION_MAX_LENGTH, Ticket

CHARACTERS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'"}
ENTITY = re.compile("|".join(CHARACTERS))


class InvalidRowError(Exception):
    """A row that this service would refuse; the message says why."""


def true_text(stored: str) -> str:
    """The text as typed: undoes `html.escape`, which the original applied to every text, once.

    Unlike `html.unescape` it leaves other entities alone, such as `&copy=1` or `&notify` in a URL that was stored
    before the original escaped.
    """
    return ENTITY.sub(lambda match: CHARACTERS[match[0]], stored).strip()


def clean_contact(original: OriginalContact) -> Contact:
    """The unsaved contact with its unescaped name and normalised address. Raises InvalidRowError."""
    return Contact(
        id=_usable_id(original.id),
        full_name=_usable_text(original.full_name, "name", NAME_MAX_LENGTH),
        email=clean_email(original),
        created_at=original.created_at,
    )


def clean_email(original: OriginalContact) -> str:
    """The normalised address, unescaped like a text. Raises InvalidRowError."""
    try:
        return normalise_email(true_text(original.email))
    except ValueError:
        raise InvalidRowError("its e-mail address is not valid") from None


def clean_ticket(original: OriginalTicket, contact_id: int) -> Ticket:
    """The unsaved ticket with its unescaped text. Raises InvalidRowError.

    The original does not store when a ticket was resolved. Its creation time stands in: unlike the time of the import
    it is the same in every run, and makes no ticket look as if it had just been resolved.
    """
    status = original.status.lower()
    if status not in Ticket.Status:
        raise InvalidRowError("its status is neither OPEN nor RESOLVED")
    return Ticket(
        id=_usable_id(original.id),
        contact_id=contact_id,
        issue_description=_usable_text(original.issue_description, "description", DESCRIPTION_MAX_LENGTH),
        status=status,
        created_at=original.created_at,
        resolved_at=original.created_at if status == Ticket.Status.RESOLVED else None,
    )


def _usable_id(id: int) -> int:
    if id < 1:
        raise InvalidRowError("its number is not positive")
    return id


def _usable_text(stored: str, what: str, max_length: int) -> str:
    text = true_text(stored)
    if not text:
        raise InvalidRowError(f"its {what} is empty")
    if len(text) > max_length:
        raise InvalidRowError(f"its {what} is longer than {max_length:,} characters")
    return text
