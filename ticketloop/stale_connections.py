"""Replaces connections that PostgreSQL has ended while they were kept, by a restart or a failover for example."""

import select
from typing import Any

from django.db import connection


def close_ended_connection(**kwargs: Any) -> None:
    """Closes this thread's kept connection if PostgreSQL has ended it; the next query opens a new one.

    Its socket then has something to read, though nothing was asked. Django's CONN_HEALTH_CHECKS finds out by asking the
    server, which is a third of the time that a request for one ticket takes.
    """
    kept = connection.connection
    if kept is not None and (kept.closed or _is_readable(kept.fileno())):
        connection.close()


def _is_readable(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
