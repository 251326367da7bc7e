"""Retry schedule of failed deliveries: exponential back-off with jitter, as Standard Webhooks suggests."""

import random

MINUTE, HOUR = 60.0, 3600.0
# Seconds to wait after the first, second, … failed attempt.
STEPS = (5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
JITTER = 0.2  # so that deliveries that failed together are not retried together


def delay(attempts_made: int, retry_after: float | None = None) -> float | None:
    """Seconds until the next attempt after `attempts_made` failed ones (at least 1); None if none is left.

    `retry_after` is the receiver's Retry-After in seconds, honoured up to twice the schedule's step.
    """
    if attempts_made > len(STEPS):
        return None
    step = STEPS[attempts_made - 1]
    planned = step * random.uniform(1 - JITTER, 1 + JITTER)
    return max(planned, min(retry_after or 0.0, 2 * step))
