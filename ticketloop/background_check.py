"""Checks that a request may ask for without ever waiting for what is checked."""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)

MAX_AGE = 1.0  # seconds for which a result is good


class BackgroundCheck(Generic[T]):
    """Runs `function` in a thread of its own, started on first use in each process, one run at a time.

    However many requests ask, what is checked is asked once a second, and a check that hangs holds one thread.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self.pending = False  # whether a run was asked for and has not ended
        self.latest: T | None = None
        self._function = function
        self._ended = float("-inf")
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self) -> None:
        """Begins a run, unless one is pending or ended less than MAX_AGE ago."""
        with self._changed:
            if self.pending or monotonic() - self._ended < MAX_AGE:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="background check", daemon=True)
                self._thread.start()
            self.pending = True
            self._changed.notify_all()

    def result(self, wait: float) -> T | None:
        """A result less than MAX_AGE old; None if there is none within `wait` seconds. `ask` first."""
        with self._changed:
            self._changed.wait_for(lambda: not self.pending, max(wait, 0))
            return None if self.pending else self.latest

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.pending)
            result = None
            try:
                result = self._function()
            except Exception:
                logger.exception("a check failed")
            with self._changed:
                self.latest, self._ended, self.pending = result, monotonic(), False
                self._changed.notify_all()
