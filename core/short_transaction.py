"""Short transactions, in which bulk work is done beside live requests: it gives way, they do not wait."""

import time
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from core.database_errors import is_lock_conflict

LOCK_TIMEOUT = 200  # milliseconds; what the transaction holds already, others wait for no longer
# Milliseconds after which PostgreSQL ends the connection of a process that was stopped in the middle (Ctrl-Z).
IDLE_TIMEOUT = 2000
PAUSE = 0.2  # seconds between two tries, in which those go ahead who waited
PATIENCE = 60.0  # seconds
LIMITS = f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}; SET LOCAL idle_in_transaction_session_timeout = {IDLE_TIMEOUT}"
Result = TypeVar("Result")


class BusyError(OperationalError):
    """Something else had a lock all the time; nothing was changed."""


def short_transaction(work: Callable[[], Result], patience: float = PATIENCE) -> Result:
    """Runs `work` in a transaction that waits only LOCK_TIMEOUT for each lock; returns its result once committed.

    If that is not enough, it is rolled back and tried again, for `patience` seconds. Then raises BusyError.
    """
    end = monotonic() + patience
    while True:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(LIMITS)
                return work()
        except OperationalError as error:
            if not is_lock_conflict(error):
                raise
            if monotonic() > end:
                raise BusyError(*error.args) from error.__cause__  # so that it is a temporary error
        time.sleep(PAUSE)
