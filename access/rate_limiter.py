"""Rate limiter in Redis, shared by all processes; it fails open, behind a circuit breaker.

The sliding window counter of `limits` keeps two numbers per client, however high the rate. Rate limits protect the
service and must not stop it: a store that is down, slow or frozen costs a request no more than `TIME_LIMIT`, refuses
nothing, and is not asked again for `PAUSE`.
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
# Seconds for the whole of it. Much more than TIMEOUT: in a flood threads wait that long for each other (the GIL), while
# the store is not slow.
TIME_LIMIT = 0.4
PAUSE = 3.0  # seconds that the circuit breaker stays open after a failure
THREADS = 8  # concurrent requests to the store, per process


class Usage(NamedTuple):
    """State of a limit after a request: `remaining` requests, and `reset`, the seconds until quota is restored."""

    rate: RateLimitItem
    allowed: bool
    remaining: int
    reset: float


class FailOpenRateLimiter:
    """Counts requests against rates; allows everything while its circuit breaker is open."""

    def __init__(self, url: str) -> None:
        pool = ConnectionPool.from_url(
            url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0)
        )
        storage = RedisStorage(url, connection_pool=pool, key_prefix="ticketloop:rate", wrap_exceptions=True)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        # The caller waits with a time limit of its own: DNS look-ups have none, and the socket's applies to each read.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="rate-limiter")
        self._open_until = 0.0

    def hit(self, rate: RateLimitItem, client: str) -> Usage | None:
        """Counts one request of this client; None while the store does not answer in time."""
        if monotonic() < self._open_until:
            return None
        future = self._threads.submit(self._hit, rate, client)
        try:
            return future.result(TIME_LIMIT)
        except Exception as error:  # what is no Redis may answer anything, and `limits` fails to read it
            future.cancel()
            self._open_until = monotonic() + PAUSE
            reason = str(error) or f"no answer within {TIME_LIMIT:g} s"
            logger.warning("limits are not enforced for %g s: the store cannot be reached (%s)", PAUSE, reason)
            return None

    def _hit(self, rate: RateLimitItem, client: str) -> Usage:
        allowed = self._limiter.hit(rate, client)
        stats = self._limiter.get_window_stats(rate, client)
        return Usage(rate, allowed, stats.remaining, max(stats.reset_time - time(), 0.0))
