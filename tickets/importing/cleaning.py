"""Makes of what the original stored what this service stores, or says why that cannot be."""

import re

from contacts.email import normalise_email
from contacts.models import NAME_MAX_LENGTH, Contact
from tickets.importing.original import OriginalContact, OriginalTicket
from tickets.models import DESCRIPTION_MAX_LENGTH, Ticket

CHARACTERS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'"}
ENTITY = re.compile("|".join(CHARACTERS))


class UnusableError(Exception):
    """A row that this service would refuse; the message says what is wrong with it."""


def true_text(stored: str) -> str:
    """What the customer typed: `html.escape`, which the original applied to every text, undone once.

    On what `html.escape` wrote this is `html.unescape`. That one would also change texts from before the original
    escaped: `&copy=1` or `&notify` in a URL.
    """
    return ENTITY.sub(lambda match: CHARACTERS[match[0]], stored).strip()


def clean_contact(original: OriginalContact) -> Contact:
    """The contact with its true name and normalised address, not saved. Raises UnusableError."""
    return Contact(
        id=_usable_id(original.id),
        full_name=_usable_text(original.full_name, "name", NAME_MAX_LENGTH),
        email=clean_email(original),
        created_at=original.created_at,
    )


def clean_email(original: OriginalContact) -> str:
    """The normalised address, which the original escaped like a text. Raises UnusableError."""
    try:
        return normalise_email(true_text(original.email))
    except ValueError:
        raise UnusableError("its e-mail address is not valid") from None


def clean_ticket(original: OriginalTicket, contact_id: int) -> Ticket:
    """The ticket with its true text, not saved. Raises UnusableError.

    When a ticket was resolved the original did not note. The time of its creation stands for it: unlike the time
    of the import it is the same in every run, and tells nobody who asks for it of thousands of tickets "just resolved".
    """
    status = original.status.lower()
    if status not in Ticket.Status:
        raise UnusableError("its status is neither OPEN nor RESOLVED")
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
        raise UnusableError("its number is not positive")
    return id


def _usable_text(stored: str, what: str, most: int) -> str:
    text = true_text(stored)
    if not text:
        raise UnusableError(f"its {what} is empty")
    if len(text) > most:
        raise UnusableError(f"its {what} is longer than {most:,} characters")
    return text
