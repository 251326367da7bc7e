"""Middleware for the time in which the database cannot be had."""

from collections.abc import Callable, Iterator
from typing import cast

from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from core.errors import TryAgain
from ticketloop.error_pages import error_response, outage_response
from ticketloop.health import database_check, database_watch

NEED_THE_DATABASE = ("/api/", "/admin/")


class OutageMiddleware:
    """Answers 503 while PostgreSQL does not answer, and for errors of views that a retry may cure.

    Statements of requests, those of streamed responses included, are ended when PostgreSQL stops answering.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        database_watch.start()
        if database_watch.stuck and request.path_info.startswith(NEED_THE_DATABASE):
            return error_response(request, 503)
        with connection.execute_wrapper(database_watch.note):
            response = self.get_response(request)
        if response.status_code == 503:
            database_check.ask()  # so that further requests are refused at once if the host has vanished
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _watched(cast("Iterator[bytes]", response.streaming_content))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """503 for an outage and for a page that says `Try again`; the page of a 500 for anything else."""
        if isinstance(exception, TryAgain):
            return error_response(request, exception.status_code, str(exception.detail))
        return outage_response(request, exception)


def _watched(chunks: Iterator[bytes]) -> Iterator[bytes]:
    with connection.execute_wrapper(database_watch.note):
        yield from chunks
