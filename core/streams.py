"""Streamed responses, of which slow readers may hold up only so many, and none for ever."""

from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic

from core.errors import TryAgain

# At once in a process, of its sixteen threads: slow readers leave the others alone.
MAX_STREAMS = 8
MAX_WAITING = 4  # for their turn
MAX_WAIT = 5.0  # seconds
MAX_STREAM_SECONDS = 600.0

PIECE = 65_536  # bytes between two looks at the time

# Tokens, and not a semaphore: unlike its `release`, `put` is safe in a finalizer.
_turns: SimpleQueue[None] = SimpleQueue()
_places: SimpleQueue[None] = SimpleQueue()
for _ in range(MAX_STREAMS):
    _turns.put(None)
for _ in range(MAX_WAITING):
    _places.put(None)


class TooManyStreams(TryAgain):
    """503: so many lists and exports are being read that another one has to wait."""

    status_code = 503
    default_detail = "Too many long lists and exports are being read at once. Please try again."
    default_code = "too_many_streams"


class StreamTooSlowError(Exception):
    """A streamed response took longer than MAX_STREAM_SECONDS."""


class LimitedStream:
    """The bytes of `chunks`, in small pieces, once it is this stream's turn. Close it.

    Raises TooManyStreams if there is no turn within MAX_WAIT; iterating raises StreamTooSlowError. A reader that stops
    reading is ended by nginx (`send_timeout`): between two pieces nobody here looks at the time.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._open = False
        if not _has_its_turn():
            raise TooManyStreams
        self._open, self._end = True, monotonic() + MAX_STREAM_SECONDS
        self._pieces = _pieces(chunks)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if monotonic() > self._end:
            raise StreamTooSlowError(f"the response took longer than {MAX_STREAM_SECONDS:.0f} s")
        return next(self._pieces)

    def close(self) -> None:
        """Gives the turn to another stream."""
        if self._open:
            self._open = False
            _turns.put(None)

    __del__ = close  # a response that was replaced by an error is closed by nobody


def _pieces(chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE):
            yield chunk[start : start + PIECE]


def _has_its_turn() -> bool:
    with suppress(Empty):
        _turns.get_nowait()
        return True
    try:
        _places.get_nowait()
    except Empty:
        return False
    try:
        _turns.get(timeout=MAX_WAIT)
    except Empty:
        return False
    else:
        return True
    finally:
        _places.put(None)
