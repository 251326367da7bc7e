"""Claims due deliveries of a lane, attempts one, records the results.

A delivery is leased, not locked: claiming sets `leased_until` past the attempt's end in one committed statement, so
that no transaction is open while a receiver takes its time, and what a killed worker had claimed comes due again by
itself. Dying between sending and recording sends twice: at least once, never not at all.

Lock order: lane, deliveries by id, receiver. Whoever already holds a receiver skips deliveries that are locked.
"""

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from time import monotonic

from django.db import Error, close_old_connections, connection, transaction

from core.raw_sql import execute, fetch_all, fetch_one
from core.version import VERSION
from webhooks import circuit_breaker, headers, retry, sending
from webhooks.encryption import DecryptionError, decrypt
from webhooks.models import Delivery, Receiver, message_id
from webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

MAX_BATCH_SECONDS = 4.0  # after which `webhooks.lane` gives back the rest of a batch
RECORD_SECONDS = 12.0  # for which recording is tried: if PostgreSQL is back before, nothing is sent twice
# Seconds that a lease lasts beyond the receiver's time limit: those of a batch and of recording it.
LEASE_MARGIN = MAX_BATCH_SECONDS + RECORD_SECONDS
# The same for a lane: what a killed worker held is handed out again before its leases run out.
LANE_MARGIN = MAX_BATCH_SECONDS + 1
RECORD_PAUSE = 0.2  # seconds between two tries to record

# Asynchronous commit: a PostgreSQL crash within the next half second loses a lease or a result, so that the event is
# sent again with the same id. Events and deliveries themselves are committed synchronously and cannot be lost.
ASYNC_COMMIT = "async_commit AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"

DUE = """
delivery.state = 'pending' AND delivery.next_attempt_at <= now()
AND (delivery.leased_until IS NULL OR delivery.leased_until <= now())
"""

# What is due longest at the lane's receiver; one delivery if its circuit is open and its probe is due.
CLAIM = f"""
WITH {ASYNC_COMMIT},
receiver AS (
    UPDATE webhook_lanes AS lane SET held_until = now() + (receiver.timeout + %(lane_margin)s) * interval '1 second'
    FROM async_commit CROSS JOIN webhook_receivers AS receiver
    WHERE lane.id = %(lane)s AND receiver.id = lane.receiver_id AND receiver.enabled
      AND (receiver.consecutive_failures < %(threshold)s OR receiver.next_probe_at <= now())
    RETURNING receiver.*, now() + (receiver.timeout + %(margin)s) * interval '1 second' AS leased_until,
              receiver.consecutive_failures >= %(threshold)s AS failing
),
due AS (
    SELECT due.id
    FROM receiver CROSS JOIN LATERAL (
        SELECT delivery.id
        FROM webhook_deliveries AS delivery
        WHERE delivery.receiver_id = receiver.id AND {DUE}
        ORDER BY delivery.next_attempt_at
        LIMIT CASE WHEN receiver.failing THEN 1 ELSE %(size)s END
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS due
),
probe AS (
    UPDATE webhook_receivers SET next_probe_at = receiver.leased_until
    FROM receiver WHERE receiver.failing AND webhook_receivers.id = receiver.id AND EXISTS (SELECT FROM due)
)
UPDATE webhook_deliveries AS delivery
SET leased_until = receiver.leased_until
FROM due, receiver, webhook_events AS event
WHERE delivery.id = due.id AND event.id = delivery.event_id
RETURNING delivery.id, delivery.attempts_made, event.uid, event.type, event.created_at, event.request_id, event.payload,
          receiver.id, receiver.url, receiver.timeout, receiver.body_format, receiver.encrypted_headers,
          receiver.encrypted_secret,
          CASE WHEN receiver.previous_secret_until > now() THEN receiver.encrypted_previous_secret ELSE '' END,
          delivery.leased_until
"""

# If a delivery was cancelled meanwhile, or the lease ran out and another worker has it, only a success still counts.
# The response to a cancelled one is not stored: it may quote what the erasure of a contact has removed.
RECORD = f"""
WITH {ASYNC_COMMIT},
locked AS MATERIALIZED (
    SELECT delivery.id, delivery.state
    FROM async_commit CROSS JOIN webhook_deliveries AS delivery
    WHERE delivery.id = ANY (%(ids)s::bigint[] || %(unsent)s::bigint[])
    ORDER BY delivery.id
    FOR NO KEY UPDATE OF delivery
),
outcome AS (
    SELECT outcome.*, locked.state = 'cancelled' AS cancelled
    FROM unnest(
        %(ids)s::bigint[], %(started)s::timestamptz[], %(durations)s::float8[], %(statuses)s::int[], %(errors)s::text[],
        %(responses)s::text[], %(states)s::text[], %(delays)s::float8[]
    ) AS outcome (id, started_at, duration, status, error, response, state, delay)
    JOIN locked ON locked.id = outcome.id
),
attempt AS (
    INSERT INTO webhook_attempts (delivery_id, receiver_id, started_at, duration, status, error, response)
    SELECT id, %(receiver)s, started_at, duration, status, error, CASE WHEN cancelled THEN '' ELSE response END
    FROM outcome
),
released AS (
    UPDATE webhook_deliveries AS delivery SET leased_until = NULL
    FROM locked
    WHERE delivery.id = locked.id AND delivery.id = ANY (%(unsent)s::bigint[])
      AND delivery.leased_until = %(leased_until)s
)
UPDATE webhook_deliveries AS delivery
SET state = outcome.state,
    attempts_made = delivery.attempts_made + 1,
    next_attempt_at = now() + outcome.delay * interval '1 second',
    leased_until = NULL,
    finished_at = CASE WHEN outcome.state <> 'pending' THEN now() END
FROM outcome
WHERE delivery.id = outcome.id
  AND (outcome.state = 'delivered' OR (delivery.state = 'pending' AND delivery.leased_until = %(leased_until)s))
"""

RELEASE = f"""
WITH {ASYNC_COMMIT}
DELETE FROM webhook_lanes AS lane USING async_commit WHERE lane.id = %(lane)s RETURNING lane.receiver_id
"""

GONE = "The receiver answered 410 Gone: it wants no more events."
OWN_FAULT = "Ticket Loop could not send this because of an error of its own; the worker's log says more."


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
    leased_until: datetime

    @property
    def body(self) -> str:
        """The request body: the same text at every attempt."""
        if self.body_format == Receiver.BodyFormat.TICKET:
            return self.payload
        timestamp = self.event_created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f'{{"type":"{self.event_type}","timestamp":"{timestamp}","data":{self.payload}}}'

    def headers(self, moment: datetime) -> dict[str, str]:
        """The request headers, signed at this moment. Raises DecryptionError or HeadersError."""
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
    """The result of an attempt at a claimed delivery; `duration` is in seconds."""

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
        attempt = (self.claim.id, self.started_at, self.duration, answer.status, answer.error, answer.response)
        return (*attempt, state.value, delay or 0.0)


def claim(lane: int, size: int) -> list[Claim]:
    """Leases up to `size` due deliveries of the lane's receiver, oldest first, and prolongs the lane.

    Empty if nothing is due, if the circuit is open, or if the lane has been handed out to somebody else.
    """
    margins = {"margin": LEASE_MARGIN, "lane_margin": LANE_MARGIN}
    rows = fetch_all(CLAIM, {"lane": lane, "size": size, "threshold": circuit_breaker.THRESHOLD, **margins})
    close_old_connections()  # gives the connection to other threads while this one waits for the receiver
    # UPDATE … RETURNING has no order.
    return sorted((Claim(*row) for row in rows), key=attrgetter("id"))


def release(lane: int) -> int | None:
    """Gives the lane back; returns its receiver, or None if the lane is lost."""
    row = fetch_one(RELEASE, {"lane": lane})
    return row[0] if row else None


def attempt(session: sending.Session, claim: Claim) -> Outcome:
    """Sends one claimed delivery; does not use the database. Never raises: every error is an outcome."""
    started_at, start = datetime.now(UTC), monotonic()
    try:
        answer = sending.post(session, claim.url, claim.body, claim.headers(started_at), claim.timeout)
    except DecryptionError as error:
        answer = sending.Answer(status=None, error=str(error))
    except headers.HeadersError as error:
        answer = sending.Answer(status=None, error=f"Its custom headers are not allowed: {error}")
    except Exception:
        logger.exception("delivery %s cannot be sent", claim.id)
        answer = sending.Answer(status=None, error=OWN_FAULT)
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
    """Stores attempts, finishes or reschedules their deliveries and updates the circuit breaker, in one transaction.

    All are of one claim. Releases the leases of `unsent`, which were claimed but not attempted. Tried again for
    RECORD_SECONDS, whatever PostgreSQL says: what was sent would be sent twice. Then raises `django.db.Error`.
    """
    claims = [*(outcome.claim for outcome in outcomes), *unsent]
    end = monotonic() + RECORD_SECONDS
    while True:
        try:
            _record(outcomes, claims[0], [each.id for each in unsent])
        except Error as error:
            if monotonic() > end:
                raise
            logger.warning("results cannot be recorded yet (%s)", type(error.__cause__ or error).__name__)
            connection.close()
            time.sleep(RECORD_PAUSE)
        else:
            close_old_connections()
            return


def _record(outcomes: Sequence[Outcome], any_claim: Claim, unsent: list[int]) -> None:
    receiver = any_claim.receiver_id
    columns = zip(*(outcome.row() for outcome in outcomes), strict=True) if outcomes else [()] * 8
    names = ("ids", "started", "durations", "statuses", "errors", "responses", "states", "delays")
    values = {name: list(column) for name, column in zip(names, columns, strict=True)}
    with transaction.atomic():
        execute(RECORD, {**values, "receiver": receiver, "leased_until": any_claim.leased_until, "unsent": unsent})
        failures = sum(bool(outcome.answer.error) for outcome in outcomes)
        circuit_breaker.record_results(receiver, successes=len(outcomes) - failures, failures=failures)
        if any(outcome.answer.status == 410 for outcome in outcomes):
            circuit_breaker.disable(receiver, GONE)
