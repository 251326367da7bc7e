"""Error responses under /api/: always JSON in the shapes of Django REST Framework."""

import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

logger = logging.getLogger(__name__)


class TryAgain(APIException):
    """An error that says `Retry-After`."""

    retry_after: int  # seconds


class DatabaseUnavailable(APIException):
    """503. The client may retry; if the connection broke after the commit, the request is stored nevertheless."""

    status_code = 503
    default_detail = "The database is not available right now. Please try again."
    default_code = "database_unavailable"


def api_exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, and 503 for database errors that a retry may cure: unreachable, read-only, disk full."""
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("the database is not available: %s", exception)
        exception = DatabaseUnavailable()
    response = exception_handler(exception, context)
    if response is not None and isinstance(exception, TryAgain):
        response["Retry-After"] = str(exception.retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 before any view, for example for a Host header that is not allowed."""
    return _json(request, 400, "Bad request.") or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 outside DRF."""
    return _json(request, 403, "Permission denied.") or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for a path without a route."""
    return _json(request, 404, "Not found.") or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for an unhandled exception."""
    return _json(request, 500, "Something went wrong on our side.") or defaults.server_error(request)


def _json(request: HttpRequest, status: int, detail: str) -> HttpResponse | None:
    if not request.path_info.startswith("/api/"):
        return None
    return JsonResponse({"detail": detail}, status=status)
