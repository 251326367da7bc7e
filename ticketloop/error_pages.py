"""Responses to errors outside API views: JSON under /api/, elsewhere a page that looks like the desk.

None of them uses the database, which may be what is out of order.
"""

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from core import request_id
from core.database_errors import is_temporary
from core.errors import RETRY_AFTER, DatabaseUnavailable, log_outage
from desk.interruption import out_of_date

DETAILS = {
    400: "Bad request.",
    403: "Permission denied.",
    404: "Not found.",
    413: "The body is too large.",
    500: "Something went wrong on our side.",
    503: DatabaseUnavailable.default_detail,
}
TITLES = {
    400: "Bad request",
    403: "Not allowed",
    404: "Page not found",
    413: "Too large to send",
    500: "Something went wrong",
    503: "Not available right now",
}
ADVICE = {
    400: "Check the address, or go back and try again.",
    403: "Your role does not allow this. If you need it, ask an administrator.",
    404: "Check the address. What was here may have been deleted.",
    413: "Nothing was saved. Go back and send less.",
    500: "The error is in the service's log. Go back and try again. If it happens again, tell an administrator.",
    503: "What you did may not have been saved. Please look, and try again in a moment.",
}

NOT_FROM_HERE = "Nothing was changed. Reload the page that you came from and try again; allow cookies for this address."


def error_response(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """The response with this status; 503 says when to try again."""
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        response = JsonResponse({"detail": detail or DETAILS[status]}, status=status)
    else:
        request.user = AnonymousUser()  # whose permissions are in no database
        context = {**admin.site.each_context(request), "title": TITLES[status], "detail": detail or ADVICE[status]}
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
