"""Circuit breaker: stops sending to a receiver that keeps failing, and notices when it is back.

After `THRESHOLD` consecutive failures the circuit is open: new events wait, and one delivery at a time is sent as a
probe, with exponential back-off. The first success closes the circuit and makes the whole backlog due, oldest first.
A receiver with nothing but failures for `DISABLE_AFTER_DAYS` is disabled.
"""

from core.raw_sql import execute

THRESHOLD = 3  # consecutive failures; fewer may be the fault of one event
MIN_PROBE_DELAY = 5.0  # seconds
MAX_PROBE_DELAY = 300.0
DISABLE_AFTER_DAYS = 5  # without a single success

# A closed circuit makes the backlog due. Deliveries that another task has locked are being recorded or changed: to wait
# for them while holding the receiver could be a deadlock.
SUCCEEDED = """
WITH closed AS (
    UPDATE webhook_receivers AS receiver
    SET consecutive_failures = 0, failing_since = NULL, next_probe_at = NULL
    FROM webhook_receivers AS before
    WHERE receiver.id = %(receiver)s AND receiver.consecutive_failures > 0 AND before.id = receiver.id
    RETURNING receiver.id, before.consecutive_failures
),
waiting AS (
    SELECT delivery.id
    FROM closed JOIN webhook_deliveries AS delivery ON delivery.receiver_id = closed.id
    WHERE closed.consecutive_failures >= %(threshold)s
      AND delivery.state = 'pending' AND delivery.next_attempt_at > now()
    FOR NO KEY UPDATE OF delivery SKIP LOCKED
)
UPDATE webhook_deliveries AS delivery
SET next_attempt_at = delivery.created_at
FROM waiting WHERE delivery.id = waiting.id
"""

# Next probe after as long as it has been failing: exponential back-off that in-flight failures do not inflate.
FAILED = """
UPDATE webhook_receivers
SET consecutive_failures = consecutive_failures + %(failures)s,
    failing_since = coalesce(failing_since, now()),
    next_probe_at = now() + (0.8 + 0.4 * random()) * interval '1 second' * least(
        %(max)s, greatest(%(min)s, extract(epoch FROM now() - coalesce(failing_since, now())))
    )
WHERE id = %(receiver)s
"""

DISABLE = """
UPDATE webhook_receivers
SET enabled = false, disabled_reason = %(reason)s, disabled_at = now(), notify_staff_at = now()
WHERE id = %(receiver)s AND enabled
"""
ONLY_FAILURES_FOR_DAYS = f"AND failing_since < now() - {DISABLE_AFTER_DAYS} * interval '1 day'"


def record_results(receiver: int, successes: int, failures: int) -> None:
    """Records the number of attempts that succeeded and failed together; one success closes the circuit."""
    if successes:
        execute(SUCCEEDED, {"receiver": receiver, "threshold": THRESHOLD})
    elif failures:
        values = {"receiver": receiver, "failures": failures, "min": MIN_PROBE_DELAY, "max": MAX_PROBE_DELAY}
        execute(FAILED, values)
        reason = f"Every attempt failed for {DISABLE_AFTER_DAYS} days."
        execute(DISABLE + ONLY_FAILURES_FOR_DAYS, {"receiver": receiver, "reason": reason})


def disable(receiver: int, reason: str) -> None:
    """Disables the receiver until staff enable it again; its events are kept."""
    execute(DISABLE, {"receiver": receiver, "reason": reason})
