"""Error responses of API views: always JSON in the shapes of Django REST Framework."""

import logging
from typing import Any

from django.db import Error
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.database_errors import is_temporary, kind

logger = logging.getLogger(__name__)

RETRY_AFTER = 5  # seconds


class TryAgain(APIException):
    """An error that says `Retry-After`."""

    retry_after = RETRY_AFTER


class DatabaseUnavailable(TryAgain):
    """503. The client may retry; if the connection broke after the commit, the request is stored nevertheless."""

    status_code = 503
    default_detail = "The database is not available right now. Please try again."
    default_code = "database_unavailable"


def api_exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's handler, and 503 for database errors that a retry may cure (see `core.database_errors`)."""
    if isinstance(exception, Error) and is_temporary(exception):
        log_outage(exception)
        exception = DatabaseUnavailable()
    response = exception_handler(exception, context)
    if response is not None and isinstance(exception, TryAgain):
        response["Retry-After"] = str(exception.retry_after)
    return response


def log_outage(error: Exception) -> None:
    """Logs a temporary database error with its kind, without a traceback."""
    logger.error("the database is not available (%s): %s", kind(error), error)
