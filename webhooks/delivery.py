"""Claims due deliveries, attempts one, records what came of it.

A delivery is leased, not locked: claiming pushes `next_attempt_at` past the attempt's end in one committed
statement, so that no transaction is open while a receiver takes its time, and what a killed worker had claimed
comes due again by itself. Dying between sending and recording sends twice: at least once, never not at all.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from django.db import connection, transaction

from ticketloop.version import VERSION
from webhooks import backoff, circuit, http
from webhooks.models import Delivery, message_id
from webhooks.signing import signed_headers

LEASE_MARGIN = 5  # seconds past the receiver's time limit

# Of each receiver what is due the longest, as much as there is room for; of one whose circuit is open a single
# delivery, once its probe is due. In random order, so that no receiver is always served first.
CLAIM = """
WITH receiver AS (
    SELECT receiver.*, receiver.consecutive_failures >= %(threshold)s AS failing, coalesce(busy.room, %(room)s) AS room
    FROM webhook_receivers AS receiver
    LEFT JOIN unnest(%(busy)s::bigint[], %(rooms)s::int[]) AS busy (id, room) ON busy.id = receiver.id
    WHERE receiver.enabled
      AND (receiver.consecutive_failures < %(threshold)s OR (receiver.next_probe_at <= now() AND busy.id IS NULL))
    ORDER BY random()
),
due AS (
    SELECT due.id AS delivery_id, receiver.*,
           now() + (receiver.timeout + %(margin)s) * interval '1 second' AS leased_until
    FROM receiver CROSS JOIN LATERAL (
        SELECT delivery.id
        FROM webhook_deliveries AS delivery
        WHERE delivery.receiver_id = receiver.id
          AND delivery.state = 'pending' AND delivery.next_attempt_at <= now()
        ORDER BY delivery.next_attempt_at
        LIMIT CASE WHEN receiver.failing THEN 1 ELSE receiver.room END
        FOR UPDATE SKIP LOCKED
    ) AS due
    LIMIT %(limit)s
),
probe AS (
    UPDATE webhook_receivers AS receiver SET next_probe_at = due.leased_until
    FROM due WHERE due.failing AND receiver.id = due.id
)
UPDATE webhook_deliveries AS delivery
SET next_attempt_at = due.leased_until
FROM due, webhook_events AS event
WHERE delivery.id = due.delivery_id AND event.id = delivery.event_id
RETURNING delivery.id, delivery.attempts_made, event.uid, event.type, event.payload,
          due.id, due.url, due.secret, due.timeout
"""

RECORD = """
WITH outcome AS (
    SELECT outcome.*
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::int[], %s::text[], %s::text[], %s::text[],
                %s::float8[])
         AS outcome (delivery_id, started_at, duration, status, error, response, state, delay)
    JOIN webhook_deliveries AS delivery ON delivery.id = outcome.delivery_id
),
attempt AS (
    INSERT INTO webhook_attempts (delivery_id, started_at, duration, status, error, response)
    SELECT delivery_id, started_at, duration, status, error, response FROM outcome
)
UPDATE webhook_deliveries AS delivery
SET state = outcome.state,
    attempts_made = delivery.attempts_made + 1,
    next_attempt_at = now() + outcome.delay * interval '1 second',
    finished_at = CASE WHEN outcome.state <> 'pending' THEN now() END
FROM outcome
WHERE delivery.id = outcome.delivery_id AND delivery.state = 'pending'
"""

DISABLE = """
UPDATE webhook_receivers SET enabled = false, disabled_reason = %s WHERE id = ANY (%s::bigint[]) AND enabled
"""
GONE = "The receiver answered 410 Gone, which says that it wants no more events."


@dataclass(frozen=True)
class Claim:
    """A delivery that this worker may attempt until its lease runs out."""

    id: int
    attempts_made: int
    event_uid: uuid.UUID
    event_type: str
    payload: str
    receiver_id: int
    url: str
    secret: str
    timeout: float


@dataclass(frozen=True)
class Outcome:
    """A finished attempt at a claimed delivery."""

    claim: Claim
    started_at: datetime
    duration: float
    answer: http.Answer

    @property
    def delay(self) -> float | None:
        """Seconds until the next attempt; None when there is to be none."""
        if not self.answer.error:
            return None
        return backoff.delay(self.claim.attempts_made + 1, self.answer.retry_after)

    def row(self) -> tuple[object, ...]:
        """What `RECORD` takes for this attempt."""
        answer, delay = self.answer, self.delay
        if not answer.error:
            state = Delivery.State.DELIVERED
        else:
            state = Delivery.State.DEAD if delay is None else Delivery.State.PENDING
        return (
            *(self.claim.id, self.started_at, self.duration, answer.status, answer.error, answer.response),
            *(state.value, delay or 0.0),
        )


def claim(limit: int, room: int, rooms: Mapping[int, int]) -> list[Claim]:
    """Leases up to `limit` due deliveries: of a receiver in `rooms` as many as that says, of any other up to `room`."""
    values: dict[str, Any] = {
        "limit": limit,
        "room": room,
        "busy": list(rooms.keys()),
        "rooms": list(rooms.values()),
        "margin": LEASE_MARGIN,
        "threshold": circuit.THRESHOLD,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        return [Claim(*row) for row in cursor.fetchall()]


def attempt(claim: Claim) -> Outcome:
    """Sends one claimed delivery; touches no database."""
    started_at, start = datetime.now(UTC), monotonic()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"TicketLoop/{VERSION}",
        "Ticketloop-Event": claim.event_type,
        **signed_headers(claim.secret, message_id(claim.event_uid), started_at, claim.payload),
    }
    answer = http.post(claim.url, claim.payload, headers, claim.timeout)
    return Outcome(claim, started_at, monotonic() - start, answer)


def record(outcomes: Sequence[Outcome]) -> None:
    """Stores the attempts, finishes or reschedules their deliveries, and tells the receivers' circuits."""
    columns = [list(column) for column in zip(*(outcome.row() for outcome in outcomes), strict=True)]
    gone = [outcome.claim.receiver_id for outcome in outcomes if outcome.answer.status == 410]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RECORD, columns)
        circuit.note((outcome.claim.receiver_id, not outcome.answer.error) for outcome in outcomes)
        if gone:
            cursor.execute(DISABLE, [GONE, gone])
