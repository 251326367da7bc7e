"""What happened to a ticket, oldest first: opened, resolved, reopened and by whom, and whom the webhooks told of it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from tickets.models import Change, Ticket
from webhooks.models import Delivery, EventType

MOST_CHANGES = 50  # the newest; a ticket that goes back and forth forever still has a page
EVENTS = {
    Change.Kind.OPENED: EventType.TICKET_CREATED,
    Change.Kind.RESOLVED: EventType.TICKET_RESOLVED,
    Change.Kind.REOPENED: EventType.TICKET_REOPENED,
}
UNNAMED = "a client of the API"


@dataclass
class Moment:
    """One line of the timeline."""

    kind: Change.Kind
    at: datetime
    by: str = ""
    deliveries: list[Delivery] = field(default_factory=list)


def timeline(ticket: Ticket, with_deliveries: bool) -> list[Moment]:
    """The ticket's moments. Of an imported ticket, and of one that nobody named opened, the ticket itself knows more
    than its recorded changes."""
    changes = list(Change.objects.filter(ticket=ticket).order_by("-id")[:MOST_CHANGES])
    moments = [Moment(Change.Kind(each.kind), each.at, each.actor or UNNAMED) for each in reversed(changes)]
    if not moments or moments[0].kind != Change.Kind.OPENED:
        moments.insert(0, Moment(Change.Kind.OPENED, ticket.created_at))
    if ticket.resolved_at and moments[-1].kind != Change.Kind.RESOLVED:
        moments.append(Moment(Change.Kind.RESOLVED, ticket.resolved_at))
    if with_deliveries:
        deliveries = _deliveries(ticket)
        for moment in moments:
            moment.deliveries = deliveries[EVENTS[moment.kind], moment.at]
    return moments


def _deliveries(ticket: Ticket) -> defaultdict[tuple[str, datetime], list[Delivery]]:
    """By what they tell of: a change and its event are written by one statement, and have its time."""
    found = defaultdict(list)
    newest = Delivery.objects.filter(event__ticket_id=ticket.pk).select_related("receiver", "event")
    for delivery in reversed(newest.defer("event__payload").order_by("-id")[: 4 * MOST_CHANGES]):
        found[delivery.event.type, delivery.event.created_at].append(delivery)
    return found
