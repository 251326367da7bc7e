"""Connections for statements that are transactions of their own, lent to whichever thread has one.

PostgreSQL has a process for each connection, and the caches of one that just worked are warm. So the connection that
was used last is lent first; if threads had connections of their own, any process might be next.
"""

from contextlib import suppress
from time import monotonic
from typing import cast

from django.db import DEFAULT_DB_ALIAS, connections

from core.postgresql.base import DatabaseWrapper

KEPT = 60  # seconds that a connection is kept for which there is no use

_idle: list[tuple[DatabaseWrapper, float]] = []  # the one used last at the end; each with when that was


def borrow() -> DatabaseWrapper:
    """A connection that nobody else uses until it is given back: an open one if there is any, else one to open."""
    while _idle:
        with suppress(IndexError):  # others borrow meanwhile
            database, _ = _idle.pop()
            database.close_if_unusable_or_obsolete()
            database.close_if_health_check_failed()
            if database.connection is not None:
                return database
    database = cast(DatabaseWrapper, connections.create_connection(DEFAULT_DB_ALIAS))
    database.inc_thread_sharing()
    return database


def give_back(database: DatabaseWrapper) -> None:
    """Keeps the connection for the next statement, and closes one that was only needed in a rush some time ago."""
    now = monotonic()
    _idle.append((database, now))
    with suppress(IndexError):  # others borrow meanwhile
        if now - _idle[0][1] > KEPT:
            _idle.pop(0)[0].close()
