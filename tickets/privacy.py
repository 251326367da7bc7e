"""Privacy requests of contacts: export and erasure of their personal data."""

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
from tickets.representation import FROM_TICKETS, TICKET_JSON
from webhooks.erasure import ERASE_EVENTS, DeliveryInProgressError, cancel_deliveries

CHUNK_ROWS = 500
ERASED_TEXT = "The text of this ticket was erased."

# Renders the payloads anew from the erased tickets.
ERASE_PAYLOADS = f"""
WITH rendered AS (SELECT ticket.id, {TICKET_JSON} AS body {FROM_TICKETS} WHERE ticket.contact_id = %(contact)s),
{ERASE_EVENTS}
SELECT count(*) FROM rendered
"""


@dataclass(frozen=True)
class Erasure:
    """Numbers of erased tickets and cancelled deliveries."""

    tickets: int
    deliveries: int


def export(contact: Contact) -> Iterator[str]:
    """A JSON document of the contact and all tickets, unescaped, in chunks."""
    known = {"id": contact.pk, "full_name": contact.full_name, "email": contact.email}
    document = _json({"contact": {**known, "created_at": contact.created_at.isoformat()}})
    yield document.removesuffix("\n}") + ',\n  "tickets": ['
    separator = "\n"
    for ticket in _tickets(contact):
        yield separator + _json(ticket)
        separator = ",\n"
    yield "\n  ]\n}\n"


def erase(contact: Contact) -> Erasure:
    """Erases name, address, ticket texts, webhook payloads and the responses of receivers, in one transaction.

    Fingerprints of requests are erased, too: they would confirm a guess of a ticket's text. Raises
    `webhooks.erasure.DeliveryInProgressError`, with nothing erased, while a webhook about the contact is being sent or
    one of the tickets is being changed: try again.
    """
    try:
        with transaction.atomic():
            return _erase(contact)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise DeliveryInProgressError from error
        raise


def _erase(contact: Contact) -> Erasure:
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    # NOWAIT, to avoid a deadlock with a change of status, which locks the ticket first and then the contact.
    locked = Ticket.objects.select_for_update(nowait=True).filter(contact=contact)
    tickets = list(locked.order_by("pk").values_list("pk", flat=True))
    deliveries = cancel_deliveries(tickets)
    contact.erase()
    Ticket.objects.filter(contact=contact).update(issue_description=ERASED_TEXT)
    erase_fingerprints(contact)
    with connection.cursor() as cursor:
        cursor.execute(ERASE_PAYLOADS, {"contact": contact.pk})
    # The admin's history stores the contact's name at the time of each change.
    history = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Contact), object_id=contact.pk)
    history.update(object_repr=str(contact))
    return Erasure(len(tickets), deliveries)


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
