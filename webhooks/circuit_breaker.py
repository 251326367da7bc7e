"""Spares a receiver that keeps failing, and notices when it is back (the circuit breaker pattern).

After `THRESHOLD` failures in a row the circuit is open: new events wait, and one delivery at a time goes out as a
probe, ever less often. The first success closes it, and the whole backlog comes due, oldest first. A receiver that
does nothing but fail for days is disabled.
"""

from collections import Counter
from collections.abc import Collection, Iterable

from django.db import connection

THRESHOLD = 3  # failures in a row; fewer may be about one event and not about the receiver
FIRST_PROBE = 5.0  # seconds
LAST_PROBE = 300.0
GIVE_UP_AFTER = 5  # days of nothing but failures, until the receiver is disabled

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

# Waiting as long as it has been failing doubles with each failed probe, and not with what was sent before the first.
FAILED = """
UPDATE webhook_receivers AS receiver
SET consecutive_failures = receiver.consecutive_failures + failed.count,
    failing_since = coalesce(receiver.failing_since, now()),
    next_probe_at = now() + (0.8 + 0.4 * random()) * interval '1 second' * least(
        %(last)s, greatest(%(first)s, extract(epoch FROM now() - coalesce(receiver.failing_since, now())))
    )
FROM unnest(%(receivers)s::bigint[], %(counts)s::int[]) AS failed (id, count)
WHERE receiver.id = failed.id
"""

DISABLE = """
UPDATE webhook_receivers SET enabled = false, disabled_reason = %(reason)s, disabled_at = now(), staff_told_at = NULL
WHERE id = ANY (%(receivers)s::bigint[]) AND enabled
"""
HOPELESS = f"AND failing_since < now() - {GIVE_UP_AFTER} * interval '1 day'"


def note(results: Iterable[tuple[int, bool]]) -> None:
    """Takes down a batch of results, each a receiver's id and whether the attempt succeeded."""
    results = list(results)
    succeeded = {receiver for receiver, success in results if success}
    failed = Counter(receiver for receiver, success in results if not success and receiver not in succeeded)
    with connection.cursor() as cursor:
        if succeeded:
            cursor.execute(SUCCEEDED, {"receivers": sorted(succeeded), "threshold": THRESHOLD})
        if failed:
            receivers = sorted(failed)
            counts = [failed[receiver] for receiver in receivers]
            limits = {"first": FIRST_PROBE, "last": LAST_PROBE}
            cursor.execute(FAILED, {"receivers": receivers, "counts": counts, **limits})
            reason = f"It did nothing but fail for {GIVE_UP_AFTER} days."
            cursor.execute(DISABLE + HOPELESS, {"receivers": receivers, "reason": reason})


def disable(receivers: Collection[int], reason: str) -> None:
    """Ends sending to these receivers, by their ids, until staff enable them again; their events are kept."""
    with connection.cursor() as cursor:
        cursor.execute(DISABLE, {"receivers": list(receivers), "reason": reason})
