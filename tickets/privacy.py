"""What a contact may ask for: everything that is known about them, or that it be erased."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from contacts.models import Contact
from tickets.idempotency import erase_fingerprints
from tickets.models import Ticket
from tickets.representation import TICKET_JSON, TICKETS
from webhooks.erasure import ERASE_EVENTS, DeliveryInProgressError, cancel_deliveries

CHUNK_ROWS = 500
ERASED_TEXT = "The text of this ticket was erased."

# Of the payloads nothing is left but what the ticket says now.
ERASE_PAYLOADS = f"""
WITH rendered AS (SELECT ticket.id, {TICKET_JSON} AS body {TICKETS} WHERE ticket.contact_id = %(contact)s),
{ERASE_EVENTS}
SELECT count(*) FROM rendered
"""


@dataclass(frozen=True)
class Erased:
    """How many tickets lost their text, and how many webhooks will never be delivered."""

    tickets: int
    deliveries: int


def export(contact: Contact) -> Iterator[str]:
    """A JSON document of the contact and all tickets, as they were typed; a chunk of tickets at a time."""
    known = {"id": contact.pk, "full_name": contact.full_name, "email": contact.email}
    document = _json({"contact": {**known, "created_at": contact.created_at.isoformat()}})
    yield document.removesuffix("\n}") + ',\n  "tickets": ['
    separator = "\n"
    for ticket in _tickets(contact):
        yield separator + _json(ticket)
        separator = ",\n"
    yield "\n  ]\n}\n"


def erase(contact: Contact) -> Erased:
    """Erases name, address, the texts of all tickets, what webhooks said of them and what receivers answered.

    Of the requests that opened the tickets no fingerprint is left either, which would confirm a guess of their text.

    All of it or nothing. Raises `webhooks.erasure.DeliveryInProgressError` where a webhook about it is being sent,
    or one of the tickets changed: nothing was erased, try again.
    """
    try:
        with transaction.atomic():
            return _erase(contact)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise DeliveryInProgressError from error
        raise


def _erase(contact: Contact) -> Erased:
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    # Without waiting: who resolves one of them has locked it first, and waits for the contact.
    theirs = Ticket.objects.select_for_update(nowait=True).filter(contact=contact)
    tickets = list(theirs.order_by("pk").values_list("pk", flat=True))
    deliveries = cancel_deliveries(tickets)
    contact.erase()
    Ticket.objects.filter(contact=contact).update(issue_description=ERASED_TEXT)
    erase_fingerprints(contact)
    with connection.cursor() as cursor:
        cursor.execute(ERASE_PAYLOADS, {"contact": contact.pk})
    # The history of the desk names what was changed by what it was called.
    history = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Contact), object_id=contact.pk)
    history.update(object_repr=str(contact))
    return Erased(len(tickets), deliveries)


def _tickets(contact: Contact) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        chunk = list(Ticket.objects.filter(contact=contact, pk__gt=after).order_by("pk")[:CHUNK_ROWS])
        for ticket in chunk:
            yield {
                "id": ticket.pk,
                "status": ticket.status,
                "created_at": ticket.created_at.isoformat(),
                "resolved_at": ticket.resolved_at and ticket.resolved_at.isoformat(),
                "issue_description": ticket.issue_description,
            }
        if len(chunk) < CHUNK_ROWS:
            return
        after = chunk[-1].pk


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
