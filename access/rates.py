"""Counts requests against a rate, in Redis, for all processes together.

The generic cell rate algorithm (GCRA) in a script: one round trip, one number for each client, which vanishes by itself
once the client has its whole quota back. `limits`, the usual library, needs two round trips for as much.

Limits protect the service, they are not part of it: a store that is down, slow or frozen costs a request no more than
`TIMEOUT`, refuses nothing, and is then left alone for a while.
"""

import logging
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.connection import Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection, parse_url
from redis.retry import Retry

from core.rate import Rate

logger = logging.getLogger(__name__)

TIMEOUT = 0.05  # seconds
PAUSE = 3.0  # seconds without limits after a failure

# KEYS: the client. ARGV: requests, seconds. The number kept is the moment, in microseconds of the store's clock, when
# the client will have its whole quota back.
GCRA = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local period = ARGV[2] * 1000000
local interval = period / ARGV[1]
local whole = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local after = whole + interval
local wait = after - period - now
if wait > 0.5 then
    return {0, math.ceil(wait), math.ceil(whole - now)}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {math.floor((period - (after - now)) / interval + 1.001), 0, math.ceil(after - now)}
"""


@dataclass(frozen=True)
class Verdict:
    """Whether a request keeps within a rate; of the quota what is left, and in how many seconds it is whole again."""

    rate: Rate
    remaining: int
    wait: float | None  # seconds until a request will do so again; None for one that does
    reset: float

    @classmethod
    def of(cls, rate: Rate, answer: list[int]) -> "Verdict":
        """From what the script returns."""
        allowed, wait, reset = answer
        return cls(rate, max(allowed - 1, 0), None if allowed else wait / 1e6, reset / 1e6)


class Counter:
    """The store behind the limits."""

    def __init__(self, url: str) -> None:
        self._script = _script(url)
        self._paused_until = 0.0

    def count(self, client: str, rate: Rate) -> Verdict | None:
        """Counts one request of this client; None where the store does not answer in time."""
        if monotonic() < self._paused_until:
            return None
        try:
            return Verdict.of(
                rate, self._script(keys=[f"ticketloop:rate:{client}"], args=[rate.requests, rate.seconds])
            )
        except RedisError as error:
            self._paused_until = monotonic() + PAUSE
            logger.warning("limits are not enforced for %g s: the store cannot be reached (%s)", PAUSE, error)
            return None


class _Connection(Connection):
    """Limits the look-up of the host's name too, for which the system's resolver takes as long as it likes."""

    def _connect(self) -> Any:
        _lookups().submit(socket.getaddrinfo, self.host, self.port).result(TIMEOUT)
        return super()._connect()  # type: ignore[no-untyped-call]


class _SSLConnection(_Connection, SSLConnection):
    pass


@cache
def _lookups() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="rate-lookup")


KINDS: Mapping[type, type] = {Connection: _Connection, SSLConnection: _SSLConnection}


def _script(url: str) -> Script:
    options: dict[str, Any] = dict(parse_url(url))  # type: ignore[no-untyped-call]
    kind = options.pop("connection_class", Connection)
    limits = {"socket_connect_timeout": TIMEOUT, "socket_timeout": TIMEOUT}
    pool = ConnectionPool(
        connection_class=KINDS.get(kind, UnixDomainSocketConnection),
        # One try, and no introductions: each is a round trip.
        **{**options, **limits, "retry": Retry(NoBackoff(), 0), "lib_name": None, "lib_version": None, "protocol": 2},
    )
    return Redis(connection_pool=pool).register_script(GCRA)
