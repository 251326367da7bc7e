"""Responses to errors outside API views: JSON under /api/, elsewhere a page that looks like the desk.

None of them uses the database, which may be what is out of order.
"""

from typing import NamedTuple

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from core import request_id
from core.database_errors import is_temporary
from core.errors import RETRY_AFTER, DatabaseUnavailable, log_outage
from desk.interruption import out_of_date


class Problem(NamedTuple):
    """What the API says of a status, and the title and text of its page at the desk."""

    detail: str
    title: str
    advice: str


PROBLEMS = {
    400: Problem("Bad request.", "Bad request", "Check the address, or go back and try again."),
    403: Problem(
        "Permission denied.", "Not allowed", "Your role does not allow this. If you need it, ask an administrator."
    ),
    404: Problem("Not found.", "Page not found", "Check the address. What was here may have been deleted."),
    413: Problem("The body is too large.", "Too large to send", "Nothing was saved. Go back and send less."),
    500: Problem(
        "Something went wrong on our side.",
        "Something went wrong",
        "The error is in the service's log. Go back and try again. If it happens again, tell an administrator.",
    ),
    503: Problem(
        DatabaseUnavailable.default_detail,
        "Not available right now",
        "What you did may not have been saved. Please look, and try again in a moment.",
    ),
}

NOT_FROM_HERE = "Nothing was changed. Reload the page that you came from and try again; allow cookies for this address."


def error_response(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """The response with this status; 503 says when to try again."""
    problem = PROBLEMS[status]
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        response = JsonResponse({"detail": detail or problem.detail}, status=status)
    else:
        request.user = AnonymousUser()  # whose permissions are in no database
        context = {**admin.site.each_context(request), "title": problem.title, "detail": detail or problem.advice}
        context["request_id"] = request_id.current.get()
        response = render(request, "desk/problem.html", context, status=status)
    if status == 503:
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def outage_response(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """503, logged, for a database error that a retry may cure; None for any other error."""
    if not isinstance(error, Error) or not is_temporary(error):
        return None
    log_outage(error)
    return error_response(request, 503)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 before any view, for example for a Host header that is not allowed."""
    return error_response(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 outside DRF."""
    return error_response(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Back to the desk's page that sent it, with what was typed; 403 for other sites, and without cookies."""
    return out_of_date(request) or error_response(request, 403, NOT_FROM_HERE)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for a path without a route."""
    return error_response(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 for an unhandled exception."""
    return error_response(request, 500)
