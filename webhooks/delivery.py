"""Claims due deliveries, attempts one, records what came of it.

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
from webhooks.encryption import UnsealError, unseal
from webhooks.models import Delivery, Receiver, message_id
from webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

LEASE_MARGIN = 5  # seconds past the receiver's time limit

# The commit does not wait for the disk: should PostgreSQL crash within the next half second, a lease or a record is
# forgotten, and the event is sent again with the same id. Of what is owed nothing can be forgotten so.
HASTY_COMMIT = "hasty AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"

# Of each receiver what is due the longest, as much as there is room for; of one whose circuit is open a single
# delivery, once its probe is due. In random order, so that no receiver is always served first.
CLAIM = f"""
WITH {HASTY_COMMIT},
receiver AS (
    SELECT receiver.*, receiver.consecutive_failures >= %(threshold)s AS failing, coalesce(busy.room, %(room)s) AS room
    FROM hasty CROSS JOIN webhook_receivers AS receiver
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
          AND (delivery.leased_until IS NULL OR delivery.leased_until <= now())
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
SET leased_until = due.leased_until
FROM due, webhook_events AS event
WHERE delivery.id = due.delivery_id AND event.id = delivery.event_id
RETURNING delivery.id, delivery.attempts_made, event.uid, event.type, event.created_at, event.request_id, event.payload,
          due.id, due.url, due.timeout, due.body_format, due.sealed_headers, due.sealed_secret,
          CASE WHEN due.previous_secret_until > now() THEN due.sealed_previous_secret ELSE '' END
"""

# An attempt at what staff cancelled or put on its way anew meanwhile still counts when it succeeded.
RECORD = f"""
WITH {HASTY_COMMIT},
outcome AS (
    SELECT outcome.*
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::float8[], %s::int[], %s::text[], %s::text[],
                %s::text[], %s::float8[])
         AS outcome (delivery_id, receiver_id, started_at, duration, status, error, response, state, delay)
    JOIN webhook_deliveries AS delivery ON delivery.id = outcome.delivery_id
    CROSS JOIN hasty
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

GIVE_BACK = "UPDATE webhook_deliveries SET leased_until = NULL WHERE id = ANY (%s::bigint[]) AND state = 'pending'"

GONE = "The receiver answered 410 Gone, which says that it wants no more events."


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
    sealed_headers: str
    sealed_secret: str
    sealed_previous_secret: str

    @property
    def body(self) -> str:
        """What is sent: the same text at every attempt."""
        if self.body_format == Receiver.BodyFormat.TICKET:
            return self.payload
        timestamp = self.event_created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f'{{"type":"{self.event_type}","timestamp":"{timestamp}","data":{self.payload}}}'

    def headers(self, moment: datetime) -> dict[str, str]:
        """What is sent with the body at this moment; raises UnsealError."""
        secrets = [unseal(each) for each in (self.sealed_secret, self.sealed_previous_secret) if each]
        return {
            **headers.parse(unseal(self.sealed_headers)),
            "Content-Type": "application/json",
            "User-Agent": f"TicketLoop/{VERSION}",
            "Ticketloop-Event": self.event_type,
            **signed_headers(secrets, message_id(self.event_uid), moment, self.body),
        }


@dataclass(frozen=True)
class Outcome:
    """A finished attempt at a claimed delivery."""

    claim: Claim
    started_at: datetime
    duration: float
    answer: sending.Answer

    @property
    def delay(self) -> float | None:
        """Seconds until the next attempt; None when there is to be none."""
        if not self.answer.error:
            return None
        return retry.delay(self.claim.attempts_made + 1, self.answer.retry_after)

    def row(self) -> tuple[object, ...]:
        """What `RECORD` takes for this attempt."""
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


def claim(limit: int, room: int, rooms: Mapping[int, int]) -> list[Claim]:
    """Leases up to `limit` due deliveries, oldest first.

    Of a receiver in `rooms` as many as that says, of any other up to `room`.
    """
    values: dict[str, Any] = {
        "limit": limit,
        "room": room,
        "busy": list(rooms.keys()),
        "rooms": list(rooms.values()),
        "margin": LEASE_MARGIN,
        "threshold": circuit_breaker.THRESHOLD,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        # An UPDATE returns its rows in no particular order.
        return sorted((Claim(*row) for row in cursor.fetchall()), key=attrgetter("id"))


def attempt(claim: Claim) -> Outcome:
    """Sends one claimed delivery; touches no database."""
    started_at, start = datetime.now(UTC), monotonic()
    try:
        answer = sending.post(claim.url, claim.body, claim.headers(started_at), claim.timeout)
    except UnsealError as error:
        answer = sending.Answer(status=None, error=str(error))
    outcome = Outcome(claim, started_at, monotonic() - start, answer)
    log(outcome)
    return outcome


def log(outcome: Outcome) -> None:
    """A line for the attempt. Of what went wrong only the kind: the rest may name the receiver's URL and its token."""
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
    """Stores the attempts, finishes or reschedules their deliveries, and tells the receivers' circuits.

    What was claimed and not attempted is given back.
    """
    columns = [list(column) for column in zip(*(outcome.row() for outcome in outcomes), strict=True)]
    gone = [outcome.claim.receiver_id for outcome in outcomes if outcome.answer.status == 410]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(RECORD, columns)
        if unsent:
            cursor.execute(GIVE_BACK, ([each.id for each in unsent],))
        circuit_breaker.note((outcome.claim.receiver_id, not outcome.answer.error) for outcome in outcomes)
        if gone:
            circuit_breaker.disable(gone, GONE)
