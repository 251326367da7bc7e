"""Sign-in is refused for a while after too many wrong passwords (django-axes counts them).

`AXES_FAILURE_LIMIT` is for one name from one address. Who tries a few passwords on each of many names stays below it,
and is stopped by a limit for the address. That one is generous, as a whole office may share an address.
"""

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from access.client_address import client_group

STATUS = 429  # Too Many Requests, RFC 6585
LONGEST_NAME = 255  # characters
MOST_FROM_AN_ADDRESS = 100  # wrong passwords within AXES_COOLOFF_TIME, for whatever names


class Handler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Counts for each name at an address, as axes does, and for the address as a whole."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether not even the right password is accepted now."""
        return super().is_locked(request, credentials) or _failures_from(request) >= MOST_FROM_AN_ADDRESS


def _failures_from(request: HttpRequest) -> int:
    """Wrong passwords from the request's address lately; none where the address is unknown, as it is everybody's."""
    came_from = address(request)
    if came_from is None:
        return 0
    recent = AccessAttempt.objects.filter(ip_address=came_from, attempt_time__gte=get_cool_off_threshold(request))
    return recent.aggregate(total=Sum("failures_since_start"))["total"] or 0


def address(request: HttpRequest) -> str | None:
    """Where the sign-in comes from: an IPv4 address or the first of a /64 network; None where that is unknown."""
    group = client_group(request).partition("/")[0]
    return None if group == "unknown" else group


def username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name that was typed, as much of it as is stored; no account's is longer."""
    return str((credentials or request.POST).get("username") or "")[:LONGEST_NAME]


def refuse(request: HttpRequest, original: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """429 that says for how long: a page, or JSON for a client that prefers it."""
    wait = get_cool_off(request)
    minutes = int(wait.total_seconds() // 60)
    detail = f"Too many failed attempts to sign in. Please try again in {minutes} minutes."
    response: HttpResponse
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response = JsonResponse({"detail": detail}, status=STATUS)
    else:
        context = {**admin.site.each_context(request), "title": "Sign-in refused for now", "detail": detail}
        response = TemplateResponse(request, "access/locked_out.html", context, status=STATUS).render()
    response["Retry-After"] = str(int(wait.total_seconds()))
    return response
