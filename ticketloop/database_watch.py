"""Notices when PostgreSQL stops answering, and ends what waits for it.

PostgreSQL's own limits (DATABASES in the settings) end slow statements and waits for locks, but not where PostgreSQL
itself stands still: a frozen machine acknowledges what it is sent and never answers, and libpq has no limit for that.
So a statement that takes long makes another thread ask PostgreSQL something. If that is not answered either, the
sockets of all waiting statements are shut down, which ends them with an error, and requests are refused at once until
PostgreSQL answers again.

Time is counted in ticks: when this process was stopped or had no processor, PostgreSQL is not to blame.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus

from ticketloop.background_check import BackgroundCheck

TICK = 0.25  # seconds
ASK_AFTER = 2  # ticks that a statement waits
STUCK_AFTER = 3  # ticks that the question waits, too
STATEMENT_LIMIT = 18  # ticks, for where PostgreSQL's own limit does not reach, as behind some poolers


class DatabaseWatch:
    """One for each process. `check` asks PostgreSQL something that needs no lock; its result is true
    if it answered."""

    def __init__(self, check: BackgroundCheck[Any]) -> None:
        self.stuck = False  # whether PostgreSQL has stopped answering
        self._check = check
        self._check_ticks = 0
        # By thread: the connection of its last statement, and the ticks for which that has waited.
        self._statements: dict[int, list[Any]] = {}
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def note(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """An `execute_wrapper` that tells the watch of a statement."""
        self._statements[threading.get_ident()] = [context["connection"].connection, 0]
        return execute(sql, params, many, context)

    def start(self) -> None:
        """Starts the watching thread, unless it runs."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="database watch", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(TICK)
            self._tick()

    def _tick(self) -> None:
        self._check_ticks = self._check_ticks + 1 if self._check.pending else 0
        if self._check_ticks >= STUCK_AFTER:
            self.stuck = True
        elif not self._check.pending and self._check.latest:
            self.stuck = False
        statements = list(self._statements.values())
        for each in statements:
            each[1] = each[1] + 1 if _is_waiting(each[0]) else 0
        if self.stuck or any(ticks >= ASK_AFTER for _, ticks in statements):
            self._check.ask()
        for connection, ticks in statements:
            if ticks >= (ASK_AFTER if self.stuck else STATEMENT_LIMIT):
                _shut_down(connection)


def _is_waiting(connection: Connection) -> bool:
    return not connection.closed and connection.info.transaction_status == TransactionStatus.ACTIVE


def _shut_down(connection: Connection) -> None:
    """Ends the connection under the thread that waits for it, which then gets an OperationalError."""
    try:
        with socket.socket(fileno=os.dup(connection.fileno())) as duplicate:
            if _is_waiting(connection):  # still this connection's socket, and not a number that was used again
                duplicate.shutdown(socket.SHUT_RDWR)
    except (OSError, OperationalError):
        pass  # it has ended by itself
