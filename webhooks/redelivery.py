"""Manual intervention: resend, cancel, replay, enable a receiver, send a test event."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from webhooks.models import TEST_EVENT, Delivery, Receiver
from webhooks.outbox import nudge_after_commit

BATCH = 1000  # events in one transaction of a replay

# Deliveries are locked in the order of their ids, as in `webhooks.delivery`.
LOCKED = """
WITH locked AS MATERIALIZED (
    SELECT id FROM webhook_deliveries WHERE id = ANY (%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
)
"""
# Due since it was created, so that older deliveries that still wait go first.
RESEND = f"""
{LOCKED}
UPDATE webhook_deliveries AS delivery
SET state = 'pending', attempts_made = 0, next_attempt_at = created_at, finished_at = NULL
FROM locked WHERE delivery.id = locked.id
RETURNING receiver_id
"""
CANCEL = f"""
{LOCKED}
UPDATE webhook_deliveries AS delivery SET state = 'cancelled', finished_at = now()
FROM locked WHERE delivery.id = locked.id AND state IN ('pending', 'dead')
RETURNING delivery.id
"""
# Probe now even if the circuit is open: staff expect something to be sent.
PROBE_NOW = "UPDATE webhook_receivers SET next_probe_at = now() WHERE id = ANY (%s::bigint[]) AND next_probe_at > now()"

REPLAYED_EVENTS = """
FROM webhook_events AS event JOIN webhook_receivers AS receiver ON event.type = ANY (receiver.events)
WHERE receiver.id = %(receiver)s AND event.created_at >= %(since)s AND event.created_at < %(until)s
"""
COUNT = "SELECT count(*)" + REPLAYED_EVENTS
REPLAY = f"""
WITH batch AS (
    SELECT event.id, event.created_at {REPLAYED_EVENTS} AND event.id > %(after)s ORDER BY event.id LIMIT {BATCH}
),
locked AS MATERIALIZED (
    SELECT delivery.id
    FROM webhook_deliveries AS delivery JOIN batch ON batch.id = delivery.event_id
    WHERE delivery.receiver_id = %(receiver)s
    ORDER BY delivery.id
    FOR NO KEY UPDATE OF delivery
),
replayed AS (
    INSERT INTO webhook_deliveries AS delivery (event_id, receiver_id, next_attempt_at)
    SELECT id, %(receiver)s, created_at FROM batch WHERE (SELECT count(*) FROM locked) >= 0  -- locked before
    ON CONFLICT (event_id, receiver_id) DO UPDATE
    SET state = 'pending', attempts_made = 0, next_attempt_at = excluded.next_attempt_at, finished_at = NULL
    WHERE delivery.state IN ('pending', 'dead')
       OR (delivery.state = 'delivered' AND %(delivered)s) OR (delivery.state = 'cancelled' AND %(cancelled)s)
    RETURNING 1
)
SELECT (SELECT max(id) FROM batch), (SELECT count(*) FROM batch), (SELECT count(*) FROM replayed)
"""

# Due before everything else that waits for the receiver.
TEST = """
WITH event AS (
    INSERT INTO webhook_events (type, payload) VALUES (%(type)s, %(payload)s) RETURNING id
)
INSERT INTO webhook_deliveries (event_id, receiver_id, next_attempt_at)
SELECT id, %(receiver)s, least(now(), (
    SELECT min(next_attempt_at) FROM webhook_deliveries WHERE receiver_id = %(receiver)s AND state = 'pending'
)) - interval '1 second' FROM event
RETURNING id
"""
# A ticket, so that receivers that parse nothing else can read it. No real ticket has the number 0.
TEST_PAYLOAD = (
    '{"id":0,"contact_id":0,"issue_description":"This is a test event.","status":"open",'
    '"created_at":"2026-01-01T00:00:00.000000Z","contact":{"id":0,"full_name":"Ticket Loop","email":"test@example.com",'
    '"created_at":"2026-01-01T00:00:00.000000Z"},"resolved_at":null}'
)


@dataclass(frozen=True)
class Replayed:
    """Progress of a replay: events examined, deliveries queued."""

    events: int
    deliveries: int


def resend(deliveries: Collection[int]) -> int:
    """Queues these deliveries again, whatever their state; returns how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RESEND, [list(deliveries)])
        receivers = [receiver for (receiver,) in cursor.fetchall()]
        cursor.execute(PROBE_NOW, [receivers])
        nudge_after_commit()
    return len(receivers)


def cancel(deliveries: Collection[int]) -> list[int]:
    """Cancels those of these deliveries that are pending or dead; returns their ids."""
    with connection.cursor() as cursor:
        cursor.execute(CANCEL, [list(deliveries)])
        return [pk for (pk,) in cursor.fetchall()]


def count_replayed_events(receiver: Receiver, since: datetime, until: datetime | None = None) -> int:
    """Number of events that `replay` would examine."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"receiver": receiver.pk, "since": since, "until": until or timezone.now()})
        count: int = cursor.fetchone()[0]
    return count


def replay(receiver: Receiver, since: datetime, *, delivered: bool, cancelled: bool) -> Iterator[Replayed]:
    """Queues every event since a moment that the receiver subscribes to, oldest first, including ones it never had.

    Events already delivered are included only with `delivered`, and those whose delivery was cancelled, by staff or as
    their contact was erased, only with `cancelled`. Yields after each committed batch.
    """
    values: dict[str, Any] = {"receiver": receiver.pk, "since": since, "until": timezone.now()}
    values |= {"delivered": delivered, "cancelled": cancelled, "after": 0}
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(REPLAY, values)
            last, events, deliveries = cursor.fetchone()
            cursor.execute(PROBE_NOW, [[receiver.pk]])
            nudge_after_commit()
        if last is None:
            return
        values["after"] = last
        yield Replayed(events, deliveries)


def send_test_event(receiver: Receiver) -> Delivery:
    """Queues an event of type `test` for this receiver alone; returns its delivery."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TEST, {"type": TEST_EVENT, "payload": TEST_PAYLOAD, "receiver": receiver.pk})
        (delivery,) = cursor.fetchone()
        cursor.execute(PROBE_NOW, [[receiver.pk]])
        nudge_after_commit()
    return Delivery.objects.get(pk=delivery)


def enable(receiver: Receiver) -> datetime | None:
    """Enables the receiver and closes its circuit; returns when Ticket Loop disabled it, or None if it had not."""
    disabled_at = receiver.disabled_at
    receiver.enabled, receiver.disabled_reason = True, ""
    receiver.disabled_at = receiver.failing_since = receiver.next_probe_at = None
    receiver.consecutive_failures = 0
    receiver.save(
        update_fields=[
            *("enabled", "disabled_reason", "disabled_at", "failing_since", "next_probe_at", "consecutive_failures"),
        ]
    )
    nudge_after_commit()
    return disabled_at
