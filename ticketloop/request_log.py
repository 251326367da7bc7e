"""Request log: gives each request an id, logs it when it ends, and counts it for the metrics."""

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

GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger("ticketloop.requests")

PROBES = {"/health", "/metrics"}  # polled every few seconds: logged only if they fail, or at LOG_LEVEL=DEBUG
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
CLIENT_CLOSED = 499  # nginx's status for a client that disconnected early; only logged
NO_ROUTE = "-"  # static files and unknown paths


def request_log_middleware(get_response: GetResponse) -> GetResponse:
    """Outermost middleware, so that it measures whole requests."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        start = perf_counter()
        new_id = request_id.accept_or_generate(request.META.get("HTTP_X_REQUEST_ID", ""))
        request_id.current.set(new_id)
        response = get_response(request)
        response.headers["X-Request-ID"] = new_id
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            chunks = cast("Iterator[bytes]", response.streaming_content)  # never asynchronous under WSGI
            # The response to HEAD is closed without being read.
            aborted = response.status_code if request.method == "HEAD" else CLIENT_CLOSED
            on_close = partial(log_request, request, start)
            response.streaming_content = _ObservedStream(chunks, response.status_code, aborted, on_close)
        else:
            log_request(request, start, response.status_code)
        return response

    return middleware


class _ObservedStream:
    """The chunks of a streamed response; calls `on_close` with a status when the server closes it.

    The status is `complete` if the stream was read to its end, `aborted` if it was closed before, 500 if it raised.
    """

    def __init__(self, chunks: Iterator[bytes], complete: int, aborted: int, on_close: Callable[[int], None]) -> None:
        self._chunks, self._complete, self._status, self._on_close = chunks, complete, aborted, on_close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._chunks)
        except StopIteration:
            self._status = self._complete
            raise
        except Exception:
            self._status = 500
            raise

    def close(self) -> None:
        self._on_close(self._status)


def log_request(request: HttpRequest, start: float, status: int) -> None:
    """Logs and counts a request that has ended with `status`."""
    duration = perf_counter() - start
    match = request.resolver_match
    method = request.method if request.method in METHODS else "OTHER"
    route = route_template(match.route) if match else NO_ROUTE
    level = logging.DEBUG if route in PROBES and status < 400 else logging.INFO
    if logger.isEnabledFor(level):
        key = getattr(request, "auth", None)
        prefix = key.prefix if isinstance(key, Credential) else None
        values = {"method": method, "route": route, "status": status, "duration_ms": round(duration * 1000, 3)}
        logger.log(level, "request", extra={**values, "key": prefix})
    if settings.METRICS_TOKEN:
        metrics.count_request(method, route, status, duration)


@cache
def route_template(route: str) -> str:
    """A route as in the documentation: `/api/v1/tickets/{id}` for `api/v1/^tickets/(?P<pk>[^/]+)/?$`."""
    path = re.sub(r"\(\?P<\w+>[^()]*\)|<[^>]+>", "{id}", route.replace("/^", "/").removeprefix("^"))
    return "/" + path.removesuffix("$").removesuffix("/?").removesuffix("/").replace("\\", "")
