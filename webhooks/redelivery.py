"""What staff do when deliveries went wrong: resend, cancel, replay, enable a receiver, send it a test event."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from webhooks.models import TEST_EVENT, Delivery, Receiver
from webhooks.outbox import nudge_after_commit

BATCH = 1000  # events in one transaction of a replay

# Ordered by age, what is sent again stays behind what is older and still waits.
RESEND = """
UPDATE webhook_deliveries AS delivery
SET state = 'pending', attempts_made = 0, next_attempt_at = created_at, finished_at = NULL
WHERE id = ANY (%s::bigint[])
RETURNING receiver_id
"""
CANCEL = """
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE id = ANY (%s::bigint[]) AND state IN ('pending', 'dead')
RETURNING id
"""
# Staff expect that something goes out now, even to a receiver that is only probed.
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
replayed AS (
    INSERT INTO webhook_deliveries AS delivery (event_id, receiver_id, next_attempt_at)
    SELECT id, %(receiver)s, created_at FROM batch
    ON CONFLICT (event_id, receiver_id) DO UPDATE
    SET state = 'pending', attempts_made = 0, next_attempt_at = excluded.next_attempt_at, finished_at = NULL
    WHERE delivery.state <> 'delivered' OR %(delivered)s
    RETURNING 1
)
SELECT (SELECT max(id) FROM batch), (SELECT count(*) FROM batch), (SELECT count(*) FROM replayed)
"""

# Ahead of whatever waits for the receiver.
TEST = """
WITH event AS (
    INSERT INTO webhook_events (type, payload) VALUES (%(type)s, %(payload)s) RETURNING id
)
INSERT INTO webhook_deliveries (event_id, receiver_id, next_attempt_at)
SELECT id, %(receiver)s, timestamptz '2000-01-01' FROM event
RETURNING id
"""
# The shape of a ticket, so that a receiver that knows nothing else can read it; no ticket has the number 0.
TEST_PAYLOAD = (
    '{"id":0,"contact_id":0,"issue_description":"This is a test event.","status":"open",'
    '"created_at":"2026-01-01T00:00:00.000000Z","contact":{"id":0,"full_name":"Ticket Loop","email":"test@example.com",'
    '"created_at":"2026-01-01T00:00:00.000000Z"},"resolved_at":null}'
)


@dataclass(frozen=True)
class Replayed:
    """How far a replay has come: events looked at, deliveries put on their way."""

    events: int
    deliveries: int


def resend(deliveries: Collection[int]) -> int:
    """Puts these deliveries on their way again, whatever became of them; returns how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RESEND, [list(deliveries)])
        receivers = [receiver for (receiver,) in cursor.fetchall()]
        cursor.execute(PROBE_NOW, [receivers])
        nudge_after_commit()
    return len(receivers)


def cancel(deliveries: Collection[int]) -> int:
    """Ends these deliveries where they are pending or dead; returns how many were."""
    with connection.cursor() as cursor:
        cursor.execute(CANCEL, [list(deliveries)])
        return len(cursor.fetchall())


def count_replayed_events(receiver: Receiver, since: datetime, until: datetime | None = None) -> int:
    """How many events `replay` would look at."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"receiver": receiver.pk, "since": since, "until": until or timezone.now()})
        count: int = cursor.fetchone()[0]
    return count


def replay(receiver: Receiver, since: datetime, *, delivered: bool) -> Iterator[Replayed]:
    """Sends the receiver every event it subscribes to since a moment, oldest first, those it never had included.

    What it took already is sent again only with `delivered`. Yields after every committed batch.
    """
    values: dict[str, Any] = {"receiver": receiver.pk, "since": since, "until": timezone.now()}
    values |= {"delivered": delivered, "after": 0}
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
    """Puts an event of type `test` on its way to this receiver, and to no other."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TEST, {"type": TEST_EVENT, "payload": TEST_PAYLOAD, "receiver": receiver.pk})
        (delivery,) = cursor.fetchone()
        cursor.execute(PROBE_NOW, [[receiver.pk]])
        nudge_after_commit()
    return Delivery.objects.get(pk=delivery)


def enable(receiver: Receiver) -> datetime | None:
    """Sends to the receiver again; returns since when Ticket Loop had it disabled, None if that was not so."""
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
