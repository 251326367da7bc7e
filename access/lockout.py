"""Lockout after too many wrong passwords (django-axes counts them).

`AXES_FAILURE_LIMIT` is for one name from one address. Password spraying (a few passwords for each of many names) stays
below it, so there is a limit for the address too: a generous one, as a whole office may share an address.
"""

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from access.client_address import client_group
from core import request_id

STATUS = 429  # Too Many Requests, RFC 6585
MAX_NAME_LENGTH = 255  # characters
MAX_FAILURES_PER_ADDRESS = 100  # wrong passwords for any names within AXES_COOLOFF_TIME


class Handler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Locks a name at an address, as axes does, and an address as a whole."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether sign-in is refused even with the right password."""
        return super().is_locked(request, credentials) or _failures_from(request) >= MAX_FAILURES_PER_ADDRESS


def _failures_from(request: HttpRequest) -> int:
    """Recent wrong passwords from the request's address; 0 if it is unknown, lest all unknown clients share a lock."""
    client = address(request)
    if client is None:
        return 0
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    recent = AccessAttempt.objects.filter(ip_address=client, attempt_time__gte=since)
    return recent.aggregate(total=Sum("failures_since_start"))["total"] or 0


def address(request: HttpRequest) -> str | None:
    """The client's IPv4 address, or the first of its IPv6 /64 network; None if unknown."""
    group = client_group(request).partition("/")[0]
    return None if group == "unknown" else group


def username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The name that was typed, cut to what axes stores; no account's name is longer."""
    return str((credentials or request.POST).get("username") or "")[:MAX_NAME_LENGTH]


def refuse(request: HttpRequest, original: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    """429 with Retry-After, as a page, or as JSON for clients that prefer it."""
    wait: timedelta = settings.AXES_COOLOFF_TIME
    minutes = int(wait.total_seconds() // 60)
    detail = f"Too many failed attempts to sign in. Please try again in {minutes} minutes."
    response: HttpResponse
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response = JsonResponse({"detail": detail}, status=STATUS)
    else:
        context = {**admin.site.each_context(request), "title": "Sign-in refused for now", "detail": detail}
        context["request_id"] = request_id.current.get()
        response = TemplateResponse(request, "access/locked_out.html", context, status=STATUS).render()
    response["Retry-After"] = str(int(wait.total_seconds()))
    return response
