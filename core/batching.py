"""Runs together what several threads want at about the same moment, as one statement can for all of them.

A statement costs PostgreSQL several times what one more row in it does: it must be started, and committed. For the
same reason PostgreSQL can wait for others before it commits (`commit_delay`).
"""

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from time import monotonic
from typing import Generic, TypeVar

# Seconds. A thread that comes back this soon after its last result, and did so the time before, is waited for: no
# longer than this after that result. Where no such thread is missing, a batch runs at once.
SOON = 0.005

Item = TypeVar("Item")
Result = TypeVar("Result")


class BatchLostError(Exception):
    """Another thread's call broke off, and it is not known how far it got."""


class Batcher(Generic[Item, Result]):
    """Calls `run` with the items of all threads that come at about the same moment, in one of these threads.

    `run` returns a result for each item. Where it raises, and `is_undone` says of the error that nothing was done, each
    thread calls it for its item alone: what one asks for harms no other. Otherwise its thread raises that, and the
    others raise BatchLostError.
    """

    def __init__(
        self, run: Callable[[Sequence[Item]], Sequence[Result]], is_undone: Callable[[Exception], bool]
    ) -> None:
        self.run = run
        self._is_undone = is_undone
        self._lock = threading.Lock()
        self._waiting: list[_Entry[Item, Result]] = []
        self._returned: dict[int, tuple[float, bool]] = {}  # by thread: when, and whether it had come soon

    def __call__(self, item: Item) -> Result:
        """The result for an item."""
        entry = _Entry[Item, Result](item)
        if not entry.is_done.acquire(timeout=self._join(entry)):
            batch = self._take_batch(entry)
            if batch:
                self._run_batch(batch)
            else:
                entry.is_done.acquire()
        if entry.next:
            entry.next.is_done.release()  # one wakes the other: woken all at once, they would wait for Python's lock
        if entry.alone:
            return self.run([item])[0]
        if not entry.results:
            raise BatchLostError("a statement shared with other requests broke off")
        return entry.results[0]

    def _join(self, entry: "_Entry[Item, Result]") -> float:
        """Returns for how many seconds to wait for others, or -1 where another thread will run the batch."""
        with self._lock:
            now = monotonic()
            returned, _ = self._returned.pop(entry.thread, (0.0, False))
            entry.came_soon = now - returned < SOON
            self._waiting.append(entry)
            missing = [then for then, came_soon in self._returned.values() if came_soon]
            wait = max(0.0, max(missing, default=0.0) + SOON - now)
            return wait if len(self._waiting) == 1 or not wait else -1

    def _take_batch(self, entry: "_Entry[Item, Result]") -> "list[_Entry[Item, Result]]":
        """All that wait, this entry first; none where another thread has taken it already."""
        with self._lock:
            if entry not in self._waiting:
                return []
            batch, self._waiting = self._waiting, []
        return sorted(batch, key=lambda each: each is not entry)

    def _run_batch(self, batch: "list[_Entry[Item, Result]]") -> None:
        """Runs what this thread, the first, and the others want, and wakes the second."""
        try:
            for each, result in zip(batch, self.run([each.item for each in batch]), strict=True):
                each.results = [result]
        except Exception as error:
            if len(batch) == 1 or not self._is_undone(error):
                raise
            for each in batch:
                each.alone = True
        finally:
            now = monotonic()
            for one, following in pairwise(batch[1:]):
                one.next = following
            with self._lock:
                self._returned.update({each.thread: (now, each.came_soon) for each in batch})
            if batch[1:]:
                batch[1].is_done.release()


class _Entry(Generic[Item, Result]):
    """A thread with its item."""

    came_soon = False
    next: "_Entry[Item, Result] | None" = None
    alone = False

    def __init__(self, item: Item) -> None:
        self.item = item
        self.results: list[Result] = []
        self.thread = threading.get_ident()
        self.is_done = threading.Lock()
        self.is_done.acquire()
