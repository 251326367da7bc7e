"""Claims due deliveries, attempts one, records the result.

A delivery is leased, not locked: claiming sets `leased_until` past the attempt's end in one committed statement, so
that no transaction is open while a receiver takes its time, and what a killed worker had claimed comes due again by
itself. Dying between sending and recording sends twice: at least once, never not at all.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from time import monotonic
from typing import Any

from django.db import connection, transaction

from core.version import VERSION
from webhooks import circuit_breaker, headers, retry, sending
from webhooks.encryption import DecryptionError, decrypt
from webhooks.models import Delivery, Receiver, message_id
from webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

LEASE_MARGIN = 5  # seconds beyond the receiver's time limit

# Asynchronous commit: a PostgreSQL crash within the next half second loses a lease or a result, so that the event is
# sent again with the same id. Events and deliveries themselves are committed synchronously and cannot be lost.
ASYNC_COMMIT = "async_commit AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"

# The deliveries of each receiver that are due longest, up to its capacity; one if its circuit is open and its probe is
# due. Receivers in random order, so that none is always served first.
CLAIM = f"""
WITH {ASYNC_COMMIT},
receiver AS (
    SELECT receiver.*, receiver.consecutive_failures >= %(threshold)s AS failing,
           coalesce(busy.capacity, %(capacity)s) AS capacity
    FROM async_commit CROSS JOIN webhook_receivers AS receiver
    LEFT JOIN unnest(%(busy)s::bigint[], %(capacities)s::int[]) AS busy (id, capacity) ON busy.id = receiver.id
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
          AND (delivery.leased_until IS NULL OR delivery.leased_until <= now())
        ORDER BY delivery.next_attempt_at
        LIMIT CASE WHEN receiver.failing THEN 1 ELSE receiver.capacity END
        FOR UPDATE SKIP LOCKED
    ) AS due
    LIMIT %(limit)s
),
probe AS (
    UPDATE webhook_receivers AS receiver SET next_probe_at = due.leased_until
    FROM due WHERE due.failing AND receiver.id = due.id
)
UPDATE webhook_deliveries AS delivery
SET leased_until = due.leased_until
FROM due, webhook_events AS event
WHERE delivery.id = due.delivery_id AND event.id = delivery.event_id
RETURNING delivery.id, delivery.attempts_made, event.uid, event.type, event.created_at, event.request_id, event.payload,
          due.id, due.url, due.timeout, due.body_format, due.encrypted_headers, due.encrypted_secret,
          CASE WHEN due.previous_secret_until > now() THEN due.encrypted_previous_secret ELSE '' END
"""

# If staff cancelled or resent the delivery meanwhile, only a success still counts.
RECORD = f"""
WITH {ASYNC_COMMIT},
outcome AS (
    SELECT outcome.*
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::float8[], %s::int[], %s::text[], %s::text[],
                %s::text[], %s::float8[])
         AS outcome (delivery_id, receiver_id, started_at, duration, status, error, response, state, delay)
    JOIN webhook_deliveries AS delivery ON delivery.id = outcome.delivery_id
    CROSS JOIN async_commit
),
attempt AS (
    INSERT INTO webhook_attempts (delivery_id, receiver_id, started_at, duration, status, error, response)
    SELECT delivery_id, receiver_id, started_at, duration, status, error, response FROM outcome
)
UPDATE webhook_deliveries AS delivery
SET state = outcome.state,
    attempts_made = delivery.attempts_made + 1,
    next_attempt_at = now() + outcome.delay * interval '1 second',
    leased_until = NULL,
    finished_at = CASE WHEN outcome.state <> 'pending' THEN now() END
FROM outcome
WHERE delivery.id = outcome.delivery_id AND (delivery.state = 'pending' OR outcome.state = 'delivered')
"""

RELEASE = "UPDATE webhook_deliveries SET leased_until = NULL WHERE id = ANY (%s::bigint[]) AND state = 'pending'"

GONE = "The receiver answered 410 Gone: it wants no more events."


@dataclass(frozen=True)
class Claim:
    """A delivery that this worker may attempt until its lease runs out."""

    id: int
    attempts_made: int
    event_uid: uuid.UUID
    event_type: str
    event_created_at: datetime
    request_id: str
    payload: str
    receiver_id: int
    url: str
    timeout: float
    body_format: str
    encrypted_headers: str
    encrypted_secret: str
    encrypted_previous_secret: str

    @property
    def body(self) -> str:
        """The request body: the same text at every attempt."""
        if self.body_format == Receiver.BodyFormat.TICKET:
            return self.payload
        timestamp = self.event_created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f'{{"type":"{self.event_type}","timestamp":"{timestamp}","data":{self.payload}}}'

    def headers(self, moment: datetime) -> dict[str, str]:
        """The request headers, signed at this moment. Raises DecryptionError."""
        secrets = [decrypt(each) for each in (self.encrypted_secret, self.encrypted_previous_secret) if each]
        return {
            **headers.parse(decrypt(self.encrypted_headers)),
            "Content-Type": "application/json",
            "User-Agent": f"TicketLoop/{VERSION}",
            "Ticketloop-Event": self.event_type,
            **signed_headers(secrets, message_id(self.event_uid), moment, self.body),
        }


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt at a claimed delivery."""

    claim: Claim
    started_at: datetime
    duration: float
    answer: sending.Answer

    @property
    def delay(self) -> float | None:
        """Seconds until the next attempt; None if there is none."""
        if not self.answer.error:
            return None
        return retry.delay(self.claim.attempts_made + 1, self.answer.retry_after)

    def row(self) -> tuple[object, ...]:
        """This attempt's values for `RECORD`."""
        answer, delay = self.answer, self.delay
        if not answer.error:
            state = Delivery.State.DELIVERED
        else:
            state = Delivery.State.DEAD if delay is None else Delivery.State.PENDING
        return (
            *(
                self.claim.id,
                self.claim.receiver_id,
                self.started_at,
                self.duration,
                answer.status,
                answer.error,
                answer.response,
            ),
            *(state.value, delay or 0.0),
        )


def claim(limit: int, capacity: int, capacities: Mapping[int, int]) -> list[Claim]:
    """Leases up to `limit` due deliveries, oldest first.

    At most `capacities[receiver]` for each receiver that is in flight already, `capacity` for any other.
    """
    values: dict[str, Any] = {
        "limit": limit,
        "capacity": capacity,
        "busy": list(capacities.keys()),
        "capacities": list(capacities.values()),
        "margin": LEASE_MARGIN,
        "threshold": circuit_breaker.THRESHOLD,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        # UPDATE … RETURNING has no order.
        return sorted((Claim(*row) for row in cursor.fetchall()), key=attrgetter("id"))


def attempt(claim: Claim) -> Outcome:
    """Sends one claimed delivery; does not use the database."""
    started_at, start = datetime.now(UTC), monotonic()
    try:
        answer = sending.post(claim.url, claim.body, claim.headers(started_at), claim.timeout)
    except DecryptionError as error:
        answer = sending.Answer(status=None, error=str(error))
    outcome = Outcome(claim, started_at, monotonic() - start, answer)
    log(outcome)
    return outcome


def log(outcome: Outcome) -> None:
    """Logs the attempt; of an error only what precedes the colon, as the rest may quote the URL and its token."""
    claim, answer = outcome.claim, outcome.answer
    level, message = (logging.WARNING, "attempt failed") if answer.error else (logging.INFO, "delivered")
    if logger.isEnabledFor(level):
        values = {
            "delivery": claim.id,
            "receiver": claim.receiver_id,
            "webhook_id": message_id(claim.event_uid),
            "attempt": claim.attempts_made + 1,
            "status": answer.status,
            "reason": answer.error.partition(":")[0] or None,
            "duration_ms": round(outcome.duration * 1000, 3),
            "request_id": claim.request_id,
        }
        logger.log(level, message, extra=values)


def record(outcomes: Sequence[Outcome], unsent: Sequence[Claim]) -> None:
    """Stores attempts, finishes or reschedules their deliveries and updates circuit breakers, in one transaction.

    Releases the leases of `unsent`, which were claimed but not attempted.
    """
    columns = [list(column) for column in zip(*(outcome.row() for outcome in outcomes), strict=True)]
    gone = [outcome.claim.receiver_id for outcome in outcomes if outcome.answer.status == 410]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RECORD, columns)
        if unsent:
            cursor.execute(RELEASE, ([each.id for each in unsent],))
        circuit_breaker.record_results((outcome.claim.receiver_id, not outcome.answer.error) for outcome in outcomes)
        if gone:
            circuit_breaker.disable(gone, GONE)
