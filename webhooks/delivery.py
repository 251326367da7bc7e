"""Claims due deliveries, sends them, records what came of it.

A delivery is leased, not locked: claiming pushes `next_attempt_at` past the attempt's end in one committed
statement, so that no transaction is open while a receiver takes its time, and what a killed worker had claimed
comes due again by itself. Dying between sending and recording sends twice: at least once, never not at all.
"""

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from django.db import connection

from ticketloop.version import VERSION
from webhooks import backoff, http
from webhooks.models import Delivery, message_id
from webhooks.signing import signed_headers

THREADS = 16  # deliveries sent at once by one worker process
LEASE_MARGIN = 5  # seconds past the receiver's time limit

CLAIM = """
WITH due AS (
    SELECT delivery.id
    FROM webhook_deliveries AS delivery JOIN webhook_receivers AS receiver ON receiver.id = delivery.receiver_id
    WHERE delivery.state = 'pending' AND delivery.next_attempt_at <= now() AND receiver.enabled
    ORDER BY delivery.next_attempt_at
    LIMIT %(limit)s
    FOR UPDATE OF delivery SKIP LOCKED
)
UPDATE webhook_deliveries AS delivery
SET next_attempt_at = now() + (receiver.timeout + %(margin)s) * interval '1 second'
FROM due, webhook_events AS event, webhook_receivers AS receiver
WHERE delivery.id = due.id AND event.id = delivery.event_id AND receiver.id = delivery.receiver_id
RETURNING delivery.id, delivery.attempts_made, event.uid, event.type, event.payload,
          receiver.id, receiver.url, receiver.secret, receiver.timeout
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


def deliver_due() -> int:
    """Attempts deliveries until none is due; returns how many attempts were made."""
    attempts = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="delivery") as pool:
        while claims := claim_due(THREADS):
            record(list(pool.map(attempt, claims)))
            attempts += len(claims)
    return attempts


def claim_due(limit: int) -> list[Claim]:
    """Leases up to `limit` due deliveries, the longest due first."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"limit": limit, "margin": LEASE_MARGIN})
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
    """Stores the attempts and finishes or reschedules their deliveries, in one statement."""
    columns = [list(column) for column in zip(*(outcome.row() for outcome in outcomes), strict=True)]
    gone = [outcome.claim.receiver_id for outcome in outcomes if outcome.answer.status == 410]
    with connection.cursor() as cursor:
        cursor.execute(RECORD, columns)
        if gone:
            cursor.execute(DISABLE, [GONE, gone])
