"""What happened to a ticket, oldest first: opened, resolved, reopened, and whom the webhooks told of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tickets.models import Ticket
from webhooks.models import Delivery, Event, EventType

MOST_EVENTS = 50  # the newest; a ticket that goes back and forth forever still has a page
TITLES: dict[str, str] = {EventType.TICKET_RESOLVED: "Resolved", EventType.TICKET_REOPENED: "Reopened"}


@dataclass
class Moment:
    """One line of the timeline; `by` is a user's name where it is known."""

    title: str
    at: datetime
    by: str = ""
    deliveries: list[Delivery] = field(default_factory=list)


def timeline(ticket: Ticket, with_deliveries: bool) -> list[Moment]:
    """The ticket's moments. Events are forgotten after a while (WEBHOOK_RETENTION_DAYS): the ticket itself knows when
    it was opened, and by whom and when it was resolved last."""
    events = list(Event.objects.filter(ticket_id=ticket.pk).order_by("-id").defer("payload")[:MOST_EVENTS])
    deliveries = _by_event(events) if with_deliveries else {}
    moments = [Moment("Opened", ticket.created_at)]
    for event in reversed(events):
        of_event = deliveries.get(event.pk, [])
        if event.type == EventType.TICKET_CREATED:
            moments[0].deliveries = of_event
        else:
            moments.append(Moment(TITLES.get(event.type, event.type), event.created_at, deliveries=of_event))
    if ticket.resolved_at:
        if moments[-1].title != "Resolved":
            moments.append(Moment("Resolved", ticket.resolved_at))
        moments[-1].by = ticket.resolved_by.get_username() if ticket.resolved_by else "a client of the API"
    return moments


def _by_event(events: Iterable[Event]) -> dict[int, list[Delivery]]:
    found = defaultdict(list)
    for delivery in Delivery.objects.filter(event__in=events).select_related("receiver").order_by("id"):
        found[delivery.event_id].append(delivery)
    return found
