"""Privacy requests of contacts: export and erasure of their personal data."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from contacts.models import Contact
from core.raw_sql import execute
from core.short_transaction import BusyError, short_transaction
from tickets.idempotency import erase_fingerprints
from tickets.models import ERASED_TEXT, Erasure, Ticket
from tickets.representation import FROM_TICKETS, TICKET_JSON
from webhooks.erasure import ERASE_EVENTS, cancel_deliveries

logger = logging.getLogger(__name__)

CHUNK_ROWS = 500
BATCH = 200  # tickets erased in one transaction
REQUEST_SECONDS = 2.0  # of an erasure; what is left then, a worker does
TASK_SECONDS = 20.0
PATIENCE = 1.0  # seconds to wait for a lock, after which a worker tries again

# Renders the payloads anew from the erased tickets.
ERASE_PAYLOADS = f"""
WITH rendered AS (SELECT ticket.id, {TICKET_JSON} AS body {FROM_TICKETS} WHERE ticket.id = ANY (%(tickets)s::bigint[])),
{ERASE_EVENTS}
SELECT count(*) FROM rendered
"""


@dataclass(frozen=True)
class Progress:
    """Numbers of tickets erased and deliveries cancelled so far, and whether nothing is left."""

    tickets: int
    deliveries: int
    finished: bool


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


def erase(contact: Contact) -> Progress:
    """Erases name and address at once, then ticket texts, webhook payloads and the responses of receivers in batches.

    Fingerprints of requests are erased, too: they would confirm a guess of a ticket's text. What is not finished after
    REQUEST_SECONDS, or when this process dies, is left to `finish_erasures`. Raises BusyError, with nothing erased,
    if the contact is being changed: try again.
    """
    short_transaction(lambda: _begin(contact.pk), PATIENCE)
    return _proceed(contact.pk, REQUEST_SECONDS)


def under_way(contact: Contact) -> Progress | None:
    """How far the contact's erasure has come; None if there is none, or it has finished."""
    erasure = Erasure.objects.filter(contact=contact).first()
    return Progress(erasure.tickets, erasure.deliveries, finished=False) if erasure else None


def finish_erasures() -> None:
    """Continues all erasures that are under way, each for up to TASK_SECONDS."""
    for contact in Erasure.objects.order_by("pk").values_list("contact", flat=True):
        _proceed(contact, TASK_SECONDS)


def _begin(pk: int) -> None:
    """Locks nothing but the contact: whoever changes a ticket locks it first and then its contact."""
    contact = Contact.objects.select_for_update().get(pk=pk)
    if contact.is_erased:
        return
    contact.erase()
    Erasure.objects.create(contact=contact)


def _proceed(contact: int, seconds: float) -> Progress:
    """Erases batches until nothing is left, the time is over, or another process is at it."""
    progress, end = Progress(0, 0, finished=False), monotonic() + seconds
    try:
        while not progress.finished and monotonic() < end:
            batch = short_transaction(lambda: _erase_batch(contact), PATIENCE)
            if batch is None:
                break
            progress = batch
    except BusyError:
        logger.warning("an erasure waits for a lock, and is tried again")
    return progress


def _erase_batch(contact: int) -> Progress | None:
    """Erases the next tickets; None if another process is doing so, or has finished.

    Lock order: tickets by id, then deliveries by id. Nobody opens tickets for the contact any more.
    """
    erasures = Erasure.objects.select_related("contact").select_for_update(skip_locked=True, of=("self",))
    erasure = erasures.filter(contact=contact).first()
    if erasure is None:
        return None
    rest = Ticket.objects.filter(contact=contact, pk__gt=erasure.last_ticket).order_by("pk")
    tickets = list(rest.select_for_update(no_key=True).values_list("pk", flat=True)[:BATCH])
    erasure.tickets += len(tickets)
    erasure.deliveries += _erase_tickets(tickets)
    finished = len(tickets) < BATCH
    if finished:
        _erase_history(erasure.contact)
        erasure.delete()
    else:
        erasure.last_ticket = tickets[-1]
        erasure.save()
    return Progress(erasure.tickets, erasure.deliveries, finished)


def _erase_tickets(tickets: list[int]) -> int:
    """Erases the texts of these locked tickets and what quotes them; returns the number of cancelled deliveries."""
    Ticket.objects.filter(pk__in=tickets).update(issue_description=ERASED_TEXT)
    erase_fingerprints(tickets)
    execute(ERASE_PAYLOADS, {"tickets": tickets})
    return cancel_deliveries(tickets)


def _erase_history(contact: Contact) -> None:
    """The admin's history stores the contact's name at the time of each change."""
    history = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Contact), object_id=contact.pk)
    history.update(object_repr=str(contact))


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
