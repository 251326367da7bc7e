"""Counts requests against a rate, in Redis, for all processes together.

`limits` does the counting with its sliding window counter: two numbers for each client, however high the rate.
Rate limits protect the service, they are not part of it, so they fail open, behind a circuit breaker: a store that is
down, slow or frozen costs a request no more than `LONGEST`, refuses nothing, and is then left alone for a while.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, time
from typing import NamedTuple

from limits import RateLimitItem
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT = 0.05  # seconds for each answer of the store
# Seconds for all of it. Much more than TIMEOUT: in a flood, which is what limits are for, threads wait that long for the
# processor and each other (the GIL), and it is not the store that is slow.
LONGEST = 0.4
PAUSE = 3.0  # seconds without limits after a failure
THREADS = 8  # requests counted at once in each process


class Usage(NamedTuple):
    """Whether a request keeps within a rate, how many more will, and in how many seconds quota comes back."""

    rate: RateLimitItem
    allowed: bool
    remaining: int
    reset: float


class FailOpenRateLimiter:
    """The rate limiter behind its circuit breaker."""

    def __init__(self, url: str) -> None:
        pool = ConnectionPool.from_url(
            url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        storage = RedisStorage(url, connection_pool=pool, key_prefix="ticketloop:rate", wrap_exceptions=True)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        # Waited for from outside: a DNS look-up knows no time limit, and the socket's is for each read alone.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rate-limiter")
        self._open_until = 0.0

    def hit(self, rate: RateLimitItem, client: str) -> Usage | None:
        """Counts one request of this client; None where the store does not answer in time."""
        if monotonic() < self._open_until:
            return None
        counting = self._threads.submit(self._hit, rate, client)
        try:
            return counting.result(LONGEST)
        except Exception as error:  # what is no Redis may answer anything, and `limits` fails to read it
            counting.cancel()
            self._open_until = monotonic() + PAUSE
            reason = str(error) or f"no answer within {LONGEST:g} s"
            logger.warning("limits are not enforced for %g s: the store cannot be reached (%s)", PAUSE, reason)
            return None

    def _hit(self, rate: RateLimitItem, client: str) -> Usage:
        allowed = self._limiter.hit(rate, client)
        stats = self._limiter.get_window_stats(rate, client)
        return Usage(rate, allowed, stats.remaining, max(stats.reset_time - time(), 0.0))
