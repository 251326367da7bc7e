"""The outbox: event and deliveries are committed together with their cause."""

import pytest
from django.db import transaction

from tickets import services
from webhooks import outbox
from webhooks.models import Delivery, Event, EventType, Receiver


@pytest.fixture
def receivers(database: None) -> dict[str, Receiver]:
    """One that subscribes to resolved tickets, one to reopened ones, and one that is disabled."""
    events = [EventType.TICKET_RESOLVED]
    return {
        "subscribed": Receiver.objects.create(url="http://127.0.0.1:9/", events=events),
        "other": Receiver.objects.create(url="http://127.0.0.1:9/", events=[EventType.TICKET_REOPENED]),
        "disabled": Receiver.objects.create(url="http://127.0.0.1:9/", events=events, enabled=False),
    }


def test_an_event_is_owed_to_those_who_subscribe_to_it(receivers: dict[str, Receiver]) -> None:
    outbox.record(EventType.TICKET_RESOLVED, '{"as": "sent"}', ticket_id=7)
    delivery = Delivery.objects.select_related("event").get()
    assert delivery.receiver == receivers["subscribed"]
    assert (delivery.event.type, delivery.event.payload, delivery.event.ticket_id) == (
        "ticket.resolved",
        '{"as": "sent"}',
        7,
    )


def test_an_event_about_no_ticket_is_recorded(receivers: dict[str, Receiver]) -> None:
    outbox.record(EventType.TICKET_RESOLVED, "{}")
    assert Event.objects.get().ticket_id is None


def test_an_event_goes_with_the_transaction_that_recorded_it(receivers: dict[str, Receiver]) -> None:
    with transaction.atomic():
        outbox.record(EventType.TICKET_RESOLVED, "{}")
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def test_the_seam_in_sql_records_what_the_function_does(receivers: dict[str, Receiver]) -> None:
    ticket = services.open_ticket("Ada", "ada@example.com", "It is broken.")
    resolved = services.resolve_ticket(ticket.id)
    assert resolved is not None
    outbox.record(EventType.TICKET_RESOLVED, resolved.body, resolved.id)
    by_sql, by_function = Event.objects.filter(type=EventType.TICKET_RESOLVED).order_by("id").values()
    own = {"id", "uid", "created_at"}
    assert {name: value for name, value in by_sql.items() if name not in own} == {
        name: value for name, value in by_function.items() if name not in own
    }
    one, two = Delivery.objects.order_by("id").values("receiver", "state", "attempts_made", "leased_until")
    assert one == two
