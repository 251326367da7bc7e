"""Timeline of a ticket, oldest first: opened, resolved and reopened, by whom, with the webhook deliveries."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from tickets.models import Change, Ticket
from webhooks.models import Delivery, EventType

MAX_CHANGES = 50  # the newest; limits the page of a ticket that is reopened very often
EVENTS = {
    Change.Kind.OPENED: EventType.TICKET_CREATED,
    Change.Kind.RESOLVED: EventType.TICKET_RESOLVED,
    Change.Kind.REOPENED: EventType.TICKET_REOPENED,
}
ANONYMOUS_CLIENT = "a client of the API"


@dataclass
class TimelineEntry:
    """A change of the ticket."""

    kind: Change.Kind
    at: datetime
    by: str = ""
    deliveries: list[Delivery] = field(default_factory=list)


def timeline(ticket: Ticket, with_deliveries: bool) -> list[TimelineEntry]:
    """The ticket's timeline. Openings by anonymous clients and imported tickets have no recorded change: these entries
    come from the ticket's own times."""
    changes = list(Change.objects.filter(ticket=ticket).order_by("-id")[:MAX_CHANGES])
    entries = [
        TimelineEntry(Change.Kind(each.kind), each.at, each.actor or ANONYMOUS_CLIENT) for each in reversed(changes)
    ]
    if not entries or entries[0].kind != Change.Kind.OPENED:
        entries.insert(0, TimelineEntry(Change.Kind.OPENED, ticket.created_at))
    if ticket.resolved_at and entries[-1].kind != Change.Kind.RESOLVED:
        entries.append(TimelineEntry(Change.Kind.RESOLVED, ticket.resolved_at))
    if with_deliveries:
        deliveries = _deliveries(ticket)
        for entry in entries:
            entry.deliveries = deliveries[EVENTS[entry.kind], entry.at]
    return entries


def _deliveries(ticket: Ticket) -> defaultdict[tuple[str, datetime], list[Delivery]]:
    """Deliveries by event type and time: a change and its event are written by one statement, with the same time."""
    found = defaultdict(list)
    newest = Delivery.objects.filter(event__ticket_id=ticket.pk).select_related("receiver", "event")
    for delivery in reversed(newest.defer("event__payload").order_by("-id")[: 4 * MAX_CHANGES]):
        found[delivery.event.type, delivery.event.created_at].append(delivery)
    return found
