"""Django's middleware for pages, which passes by requests of programs: they have no session."""

from typing import Any

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

FOR_PROGRAMS = ("/api/", "/health", "/metrics")


class PagesOnly(MiddlewareMixin):
    """Calls the middleware only for pages, and for requests of programs that bring a session's cookie."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(FOR_PROGRAMS) and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        return super().__call__(request)


class SessionMiddleware(PagesOnly, sessions.SessionMiddleware):
    """`request.session`."""


class AuthenticationMiddleware(PagesOnly, auth.AuthenticationMiddleware):
    """`request.user`."""


class MessageMiddleware(PagesOnly, messages.MessageMiddleware):
    """Messages to staff."""
