"""Circuit breaker: stops sending to a receiver that keeps failing, and notices when it is back.

After `THRESHOLD` consecutive failures the circuit is open: new events wait, and one delivery at a time is sent as a
probe, with exponential back-off. The first success closes the circuit and makes the whole backlog due, oldest first.
A receiver with nothing but failures for `DISABLE_AFTER_DAYS` is disabled.
"""

from collections import Counter
from collections.abc import Collection, Iterable

from django.db import connection

THRESHOLD = 3  # consecutive failures; fewer may be the fault of one event
MIN_PROBE_DELAY = 5.0  # seconds
MAX_PROBE_DELAY = 300.0
DISABLE_AFTER_DAYS = 5  # without a single success

SUCCEEDED = """
WITH closed AS (
    UPDATE webhook_receivers AS receiver
    SET consecutive_failures = 0, failing_since = NULL, next_probe_at = NULL
    FROM webhook_receivers AS before
    WHERE receiver.id = ANY (%(receivers)s::bigint[]) AND receiver.consecutive_failures > 0
      AND before.id = receiver.id
    RETURNING receiver.id, before.consecutive_failures
)
UPDATE webhook_deliveries AS delivery
SET next_attempt_at = delivery.created_at
FROM closed
WHERE closed.consecutive_failures >= %(threshold)s AND delivery.receiver_id = closed.id
  AND delivery.state = 'pending' AND delivery.next_attempt_at > now()
"""

# Next probe after as long as it has been failing: exponential back-off that in-flight failures do not inflate.
FAILED = """
UPDATE webhook_receivers AS receiver
SET consecutive_failures = receiver.consecutive_failures + failed.count,
    failing_since = coalesce(receiver.failing_since, now()),
    next_probe_at = now() + (0.8 + 0.4 * random()) * interval '1 second' * least(
        %(max)s, greatest(%(min)s, extract(epoch FROM now() - coalesce(receiver.failing_since, now())))
    )
FROM unnest(%(receivers)s::bigint[], %(counts)s::int[]) AS failed (id, count)
WHERE receiver.id = failed.id
"""

DISABLE = """
UPDATE webhook_receivers
SET enabled = false, disabled_reason = %(reason)s, disabled_at = now(), staff_notified_at = NULL
WHERE id = ANY (%(receivers)s::bigint[]) AND enabled
"""
ONLY_FAILURES_FOR_DAYS = f"AND failing_since < now() - {DISABLE_AFTER_DAYS} * interval '1 day'"


def record_results(results: Iterable[tuple[int, bool]]) -> None:
    """Records a batch of results: each a receiver's id and whether the attempt succeeded."""
    results = list(results)
    succeeded = {receiver for receiver, success in results if success}
    failed = Counter(receiver for receiver, success in results if not success and receiver not in succeeded)
    with connection.cursor() as cursor:
        if succeeded:
            cursor.execute(SUCCEEDED, {"receivers": sorted(succeeded), "threshold": THRESHOLD})
        if failed:
            receivers = sorted(failed)
            counts = [failed[receiver] for receiver in receivers]
            limits = {"min": MIN_PROBE_DELAY, "max": MAX_PROBE_DELAY}
            cursor.execute(FAILED, {"receivers": receivers, "counts": counts, **limits})
            reason = f"Every attempt failed for {DISABLE_AFTER_DAYS} days."
            cursor.execute(DISABLE + ONLY_FAILURES_FOR_DAYS, {"receivers": receivers, "reason": reason})


def disable(receivers: Collection[int], reason: str) -> None:
    """Disables these receivers, by id, until staff enable them again; their events are kept."""
    with connection.cursor() as cursor:
        cursor.execute(DISABLE, {"receivers": list(receivers), "reason": reason})
