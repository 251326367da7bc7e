"""Django's session, user and message middleware, skipped for API requests, which have no session."""

from typing import Any

from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

WITHOUT_SESSION = ("/api/", "/health", "/metrics")


class PagesOnlyMixin(MiddlewareMixin):
    """Skips the middleware for requests under WITHOUT_SESSION that have no session cookie."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(WITHOUT_SESSION) and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        return super().__call__(request)


class SessionMiddleware(PagesOnlyMixin, sessions.SessionMiddleware):
    """Sets `request.session`; a session cookie that can be none is no cookie."""

    def __call__(self, request: HttpRequest) -> Any:
        # Django would look it up, and PostgreSQL fails on a NUL (written `\000` in a cookie).
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        if not (key.isascii() and key.isalnum()):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return super().__call__(request)


class AuthenticationMiddleware(PagesOnlyMixin, auth.AuthenticationMiddleware):
    """Sets `request.user`."""


class MessageMiddleware(PagesOnlyMixin, messages.MessageMiddleware):
    """Stores messages to staff."""
