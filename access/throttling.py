"""Limits: how often a key, or else an address, may ask."""

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

if TYPE_CHECKING:  # DRF imports this module while its views are being loaded
    from rest_framework.views import APIView


@cache
def _limiter() -> FailOpenRateLimiter:
    return FailOpenRateLimiter(settings.REDIS_URL)


class Throttle(BaseThrottle):
    """THROTTLE_KEY for requests with a key, THROTTLE_ADDRESS for anonymous ones; staff are not limited."""

    usage: Usage | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Counts the request, and has the answer tell its client about the limit."""
        if isinstance(request.auth, Credential):
            self.usage = _count("key", str(request.auth.id), settings.THROTTLE_KEY, view)
        elif request.authenticators and not request.user.is_authenticated:
            self.usage = _count("address", client_group(request), settings.THROTTLE_ADDRESS, view)
        # Health and documentation have no authenticators: they do not even ask who is calling.
        return self.usage is None or self.usage.allowed

    def wait(self) -> float | None:
        """Seconds until the next request is allowed, for Retry-After."""
        return self.usage.reset if self.usage else None


def limit_stranger(request: Request) -> None:
    """Counts a request that is about to be answered 401, which ends before the throttle; Throttled beyond the limit.

    It counts for the address. Whoever has a key that is accepted is not counted there, hence not affected.
    """
    view = request.parser_context["view"]
    usage = _count("address", client_group(request), settings.THROTTLE_ADDRESS, view)
    if usage and not usage.allowed:
        raise Throttled(usage.reset)


def _count(policy: str, client: str, rate: RateLimitItem | None, view: "APIView") -> Usage | None:
    """Counts one request; None where there is no limit or nobody counts."""
    usage = _limiter().hit(rate, f"{policy}:{client}") if rate else None
    if usage:
        view.headers.update(_headers(policy, usage))
    return usage


def _headers(policy: str, usage: Usage) -> dict[str, str]:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers, sections 3 and 4)."""
    return {
        "RateLimit-Policy": f'"{policy}";q={usage.rate.amount};w={usage.rate.get_expiry()}',
        "RateLimit": f'"{policy}";r={usage.remaining};t={ceil(usage.reset)}',
    }
