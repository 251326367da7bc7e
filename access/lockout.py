"""Sign-in is refused for a while after too many wrong passwords (django-axes counts them)."""

from typing import Any

from axes.helpers import get_cool_off
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from access.addresses import client_group

STATUS = 429  # Too Many Requests, RFC 6585
LONGEST_NAME = 255  # characters


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
