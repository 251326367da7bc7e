"""Middleware that limits what one client can take: the size of a body, the number and duration of streams."""

import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import cast

from django.conf import settings
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from ticketloop.error_pages import error_response

GetResponse = Callable[[HttpRequest], HttpResponseBase]

MAX_BODY = 2 * settings.API_BODY_LIMIT  # bytes; API views have that smaller limit of their own
# At once in a process, of its sixteen threads: slow readers of lists leave the others alone.
MAX_STREAMS = 8
MAX_WAITING = 4  # for their turn
MAX_WAIT = 5.0  # seconds
MAX_STREAM_SECONDS = 600.0
TOO_MANY_STREAMS = "Too many long answers are being read at once. Please try again, or ask for a page with `limit`."


class StreamTooSlowError(Exception):
    """A streamed response took longer than MAX_STREAM_SECONDS."""


class BodyLimitMiddleware:
    """413 for a body of more than MAX_BODY, before anything reads it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MAX_BODY and not request.path_info.startswith("/api/"):
            return error_response(request, 413)
        return self.get_response(request)


class StreamLimitMiddleware:
    """503 for a streamed response beyond MAX_STREAMS, unless one ends soon; breaks off those that take too long."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self._free = threading.BoundedSemaphore(MAX_STREAMS)
        self._places = threading.BoundedSemaphore(MAX_WAITING)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, StreamingHttpResponse) or isinstance(response, FileResponse):
            return response
        if not self._has_its_turn():
            response.close()
            return error_response(request, 503, TOO_MANY_STREAMS)
        response.streaming_content = _Stream(cast("Iterator[bytes]", response.streaming_content), self._free.release)
        return response

    def _has_its_turn(self) -> bool:
        if self._free.acquire(blocking=False):
            return True
        if not self._places.acquire(blocking=False):
            return False
        try:
            return self._free.acquire(timeout=MAX_WAIT)
        finally:
            self._places.release()


class _Stream:
    """The chunks of a response, for at most MAX_STREAM_SECONDS; calls `on_close` once, when the server closes it."""

    def __init__(self, chunks: Iterator[bytes], on_close: Callable[[], None]) -> None:
        self._chunks, self._on_close = chunks, on_close
        self._end = monotonic() + MAX_STREAM_SECONDS

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if monotonic() > self._end:
            raise StreamTooSlowError(f"the response took longer than {MAX_STREAM_SECONDS:.0f} s")
        return next(self._chunks)

    def close(self) -> None:
        self._on_close()
