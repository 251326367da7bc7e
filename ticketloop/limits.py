"""Middleware that limits what a client can send."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ticketloop.error_pages import error_response

MAX_BODY = 2 * settings.API_BODY_LIMIT  # bytes; API views have that smaller limit of their own


class BodyLimitMiddleware:
    """413 for a body of more than MAX_BODY, before anything reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MAX_BODY and not request.path_info.startswith("/api/"):
            return error_response(request, 413)
        return self.get_response(request)
