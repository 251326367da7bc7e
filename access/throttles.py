"""Limits: how often a key, or else an address, may ask."""

from functools import cache
from math import ceil
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from access.addresses import client_group
from access.keys import Credential
from access.rates import Counter, Verdict

if TYPE_CHECKING:  # DRF imports this module while its views are being loaded
    from rest_framework.views import APIView


@cache
def _counter() -> Counter:
    return Counter(settings.REDIS_URL)


class Throttle(BaseThrottle):
    """THROTTLE_KEY for requests with a key, THROTTLE_ADDRESS for anonymous ones; staff are not limited."""

    verdict: Verdict | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Counts the request, and has the answer tell its client about the limit."""
        if isinstance(request.auth, Credential):
            policy, client, rate = "key", str(request.auth.id), settings.THROTTLE_KEY
        elif not request.authenticators or request.user.is_authenticated:
            return True  # health and documentation do not even ask who is calling
        else:
            policy, client, rate = "address", client_group(request), settings.THROTTLE_ADDRESS
        if rate is None:
            return True
        self.verdict = _counter().count(f"{policy}:{client}", rate)
        if self.verdict is None:
            return True
        view.headers.update(_headers(policy, self.verdict))
        return self.verdict.wait is None

    def wait(self) -> float | None:
        """Seconds until the next request is allowed, for Retry-After."""
        return self.verdict.wait if self.verdict else None


def _headers(policy: str, verdict: Verdict) -> dict[str, str]:
    """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers, sections 3 and 4)."""
    return {
        "RateLimit-Policy": f'"{policy}";q={verdict.rate.requests};w={verdict.rate.seconds}',
        "RateLimit": f'"{policy}";r={verdict.remaining};t={ceil(verdict.reset)}',
    }
