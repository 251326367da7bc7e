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
CLIENT_CLOSED = 499  # nginx's status for a client that went away before the answer's end; no client ever sees it
NO_ROUTE = "-"  # static files, and paths that lead nowhere


def observe(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """The outermost middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        start = perf_counter()
        own_id = request_id.accept_or_generate(request.META.get("HTTP_X_REQUEST_ID", ""))
        request_id.current.set(own_id)
        response = get_response(request)
        response.headers["X-Request-ID"] = own_id
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            chunks = cast("Iterator[bytes]", response.streaming_content)  # under WSGI never asynchronous
            # The answer to HEAD is closed without being read.
            early = response.status_code if request.method == "HEAD" else CLIENT_CLOSED
            response.streaming_content = _Watched(chunks, response.status_code, early, partial(note, request, start))
        else:
            note(request, start, response.status_code)
        return response

    return middleware


class _Watched:
    """An answer that is made while it is sent; calls `at_end` with its status when the server closes it.

    `whole` is the status of an answer that was read to its end, `early` that of one which was closed before.
    """

    def __init__(self, chunks: Iterator[bytes], whole: int, early: int, at_end: Callable[[int], None]) -> None:
        self._chunks, self._whole, self._status, self._at_end = chunks, whole, early, at_end

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            self._status = self._whole
            raise
        except Exception:
            self._status = 500
            raise

    def close(self) -> None:
        self._at_end(self._status)


def note(request: HttpRequest, start: float, status: int) -> None:
    """Logs and counts a request that has been answered."""
    duration = perf_counter() - start
    match = request.resolver_match
    method = request.method if request.method in METHODS else "OTHER"
    route = readable(match.route) if match else NO_ROUTE
    level = logging.DEBUG if route in PROBES and status < 400 else logging.INFO
    if logger.isEnabledFor(level):
        key = getattr(request, "auth", None)
        prefix = key.prefix if isinstance(key, Credential) else None
        values = {"method": method, "route": route, "status": status, "duration_ms": round(duration * 1000, 3)}
        logger.log(level, "request", extra={**values, "key": prefix})
    if settings.METRICS_TOKEN:
        metrics.count(method, route, status, duration)


@cache
def readable(route: str) -> str:
    """A route as the documentation writes it: `/api/v1/tickets/{id}` for `api/v1/^tickets/(?P<pk>[^/]+)/?$`."""
    path = re.sub(r"\(\?P<\w+>[^()]*\)|<[^>]+>", "{id}", route.replace("/^", "/").removeprefix("^"))
    return "/" + path.removesuffix("$").removesuffix("/?").removesuffix("/").replace("\\", "")
