"""Streamed responses, of which slow readers may hold up only so many, and none for ever."""

import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Generic, TypeVar

from core.errors import TryAgain

T = TypeVar("T")

# At once in a process, of its sixteen threads: slow readers leave the others alone.
MAX_STREAMS = 8
MAX_WAITING = 4  # for their turn
MAX_WAIT = 5.0  # seconds
MAX_STREAM_SECONDS = 600.0

_free = threading.BoundedSemaphore(MAX_STREAMS)
_places = threading.BoundedSemaphore(MAX_WAITING)


class TooManyStreams(TryAgain):
    """503: so many lists and exports are being read that another one has to wait."""

    status_code = 503
    default_detail = "Too many long answers are being read at once. Please try again, or ask for a page with `limit`."
    default_code = "too_many_streams"


class StreamTooSlowError(Exception):
    """A streamed response took longer than MAX_STREAM_SECONDS."""


class LimitedStream(Generic[T]):
    """The chunks that `begin` returns, which is called when it is this stream's turn. Close it.

    Raises TooManyStreams if there is no turn within MAX_WAIT; iterating raises StreamTooSlowError.
    """

    def __init__(self, begin: Callable[[], Iterator[T]]) -> None:
        self._open = False
        if not _has_its_turn():
            raise TooManyStreams
        self._open, self._end = True, monotonic() + MAX_STREAM_SECONDS
        try:
            self._chunks = begin()
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if monotonic() > self._end:
            raise StreamTooSlowError(f"the response took longer than {MAX_STREAM_SECONDS:.0f} s")
        return next(self._chunks)

    def close(self) -> None:
        """Gives the turn to another stream."""
        if self._open:
            self._open = False
            _free.release()

    __del__ = close  # a response that was replaced by an error is closed by nobody


def _has_its_turn() -> bool:
    if _free.acquire(blocking=False):
        return True
    if not _places.acquire(blocking=False):
        return False
    try:
        return _free.acquire(timeout=MAX_WAIT)
    finally:
        _places.release()
