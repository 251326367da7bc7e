"""Rate limits per API key or, for anonymous requests, per client address."""

from functools import cache
from math import ceil
from typing import TYPE_CHECKING

from django.conf import settings
from limits import RateLimitItem
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from access.client_address import client_group
from access.keys import Credential
from access.rate_limiter import FailOpenRateLimiter, Usage

if TYPE_CHECKING:  # an import cycle: DRF's views load this module
    from rest_framework.views import APIView


@cache
def _limiter() -> FailOpenRateLimiter:
    return FailOpenRateLimiter(settings.REDIS_URL)


class Throttle(BaseThrottle):
    """THROTTLE_KEY for requests with a key, THROTTLE_ADDRESS for anonymous ones; staff are not limited."""

    usage: Usage | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Counts the request and adds the RateLimit headers to its response."""
        if isinstance(request.auth, Credential):
            self.usage = _count("key", str(request.auth.id), settings.THROTTLE_KEY, view)
        elif request.authenticators and not request.user.is_authenticated:
            self.usage = _count("address", client_group(request), settings.THROTTLE_ADDRESS, view)
        # Health and documentation have no authenticators and are not limited.
        return self.usage is None or self.usage.allowed

    def wait(self) -> float | None:
        """Seconds until the next request is allowed, for Retry-After."""
        return _wait(self.usage) if self.usage else None


def throttle_unauthenticated(request: Request) -> None:
    """Counts a request that will be answered 401 before DRF's throttles run. Raises Throttled beyond the limit.

    It counts against the address, whose limit does not affect clients with a valid key.
    """
    view = request.parser_context["view"]
    usage = _count("address", client_group(request), settings.THROTTLE_ADDRESS, view)
    if usage and not usage.allowed:
        raise Throttled(_wait(usage))


def _count(policy: str, client: str, rate: RateLimitItem | None, view: "APIView") -> Usage | None:
    """Counts one request; None without a limit, or while the limiter fails open."""
    usage = _limiter().hit(rate, f"{policy}:{client}") if rate else None
    if usage:
        view.headers.update(_headers(policy, usage))
    return usage


def _wait(usage: Usage) -> float:
    """Seconds for Retry-After, at least one: DRF leaves out a zero."""
    return max(usage.reset, 1.0)


def _headers(policy: str, usage: Usage) -> dict[str, str]:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers, sections 3 and 4)."""
    return {
        "RateLimit-Policy": f'"{policy}";q={usage.rate.amount};w={usage.rate.get_expiry()}',
        "RateLimit": f'"{policy}";r={usage.remaining};t={ceil(usage.reset)}',
    }
