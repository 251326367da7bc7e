"""Gives each request an id, writes its line to the log, and counts it."""

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from time import perf_counter
from typing import cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from access.keys import Credential
from core import request_id
from ticketloop import metrics

logger = logging.getLogger("ticketloop.requests")

PROBES = {"/health", "/metrics"}  # asked every few seconds: worth a line only when they fail, or at LOG_LEVEL=DEBUG
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NO_ROUTE = "-"  # static files, and paths that lead nowhere


def observe(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The outermost middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        start = perf_counter()
        own_id = request_id.accepted(request.META.get("HTTP_X_REQUEST_ID", ""))
        request_id.current.set(own_id)
        response = get_response(request)
        response.headers["X-Request-ID"] = own_id
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            chunks = cast("Iterator[bytes]", response.streaming_content)  # under WSGI never asynchronous
            response.streaming_content = _Watched(chunks, partial(note, request, response.status_code, start))
        else:
            note(request, response.status_code, start)
        return response

    return middleware


class _Watched:
    """An answer that is made while it is sent; calls `at_end` when the server closes it, whole or not."""

    def __init__(self, chunks: Iterator[bytes], at_end: Callable[[], None]) -> None:
        self._chunks, self._at_end = chunks, at_end

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        self._chunks = iter(())  # they know the answer, which knows this
        self._at_end()


def note(request: HttpRequest, status: int, start: float) -> None:
    """Logs and counts a request that has been answered."""
    duration = perf_counter() - start
    match = request.resolver_match
    method = request.method if request.method in METHODS else "OTHER"
    route = readable(match.route) if match else NO_ROUTE
    level = logging.DEBUG if route in PROBES and status < 400 else logging.INFO
    if logger.isEnabledFor(level):
        key = getattr(request, "auth", None)
        values = {"method": method, "route": route, "status": status, "duration_ms": round(duration * 1000, 3)}
        if isinstance(key, Credential):
            values["key"] = key.prefix
        logger.log(level, "request", extra=values)
    if settings.METRICS_TOKEN:
        metrics.count(method, route, status, duration)


@cache
def readable(route: str) -> str:
    """A route as the documentation writes it: `/api/v1/tickets/{id}` for `api/v1/^tickets/(?P<pk>[^/]+)/?$`."""
    path = re.sub(r"\(\?P<\w+>[^()]*\)|<[^>]+>", "{id}", route.replace("/^", "/").removeprefix("^"))
    return "/" + path.removesuffix("$").removesuffix("/?").removesuffix("/").replace("\\", "")
