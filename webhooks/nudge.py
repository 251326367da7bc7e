"""Tells the workers, through the broker, that deliveries are due.

The broker is a hint: a lost nudge costs a second, until the next tick of beat finds the rows. A thread of its own
publishes, so that no request ever waits for the broker, and nudges that come while one is under way become one.
"""

import logging
import threading
import time

from celery import current_app

from core.broker import BROKER_ERRORS

logger = logging.getLogger(__name__)

# Seconds between two nudges, as one is enough for all that was committed meanwhile. Celery takes more than a
# millisecond of processor time to publish one: without a pause, as much as the requests themselves.
PAUSE = 0.05
PAUSE_AFTER_FAILURE = 5.0
EXPIRES = 30  # seconds; beat has long seen to it by then


class Nudger:
    """Publishes at most one nudge at a time from a background thread, started on first use in each process."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def nudge(self) -> None:
        """Asks for a nudge and returns at once, whatever fails: what caused it is committed."""
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            with self._starting:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="nudger", daemon=True)
                    try:
                        self._thread.start()
                    except RuntimeError as error:
                        logger.warning("no thread can be started (%s); deliveries wait for the next tick", error)

    def _run(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            time.sleep(PAUSE if self._publish() else PAUSE_AFTER_FAILURE)

    def _publish(self) -> bool:
        try:
            current_app.send_task("webhooks.dispatch", expires=EXPIRES)
        except BROKER_ERRORS as error:
            logger.warning("the broker cannot be reached (%s); deliveries wait for the next tick", error)
            return False
        return True


nudger = Nudger()
