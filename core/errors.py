"""Errors as JSON, in the shapes of Django REST Framework, whatever failed under /api/."""

import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

logger = logging.getLogger(__name__)


class DatabaseUnavailable(APIException):
    """503: the same request may be sent again; where the connection broke, this one may nevertheless be stored."""

    status_code = 503
    default_detail = "The database is not available right now. Please try again."
    default_code = "database_unavailable"


def api_exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, and 503 instead of a traceback where the database is out of reach, or out of space or the like."""
    if isinstance(exception, OperationalError | InterfaceError):
        logger.error("the database is not available: %s", exception)
        exception = DatabaseUnavailable()
    return exception_handler(exception, context)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 before a view was reached, for example a Host header that is not allowed."""
    return _json(request, 400, "Bad request.") or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 outside DRF."""
    return _json(request, 403, "Permission denied.") or defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for a path that leads nowhere."""
    return _json(request, 404, "Not found.") or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return _json(request, 500, "Something went wrong on our side.") or defaults.server_error(request)


def _json(request: HttpRequest, status: int, detail: str) -> HttpResponse | None:
    if not request.path_info.startswith("/api/"):
        return None
    return JsonResponse({"detail": detail}, status=status)
