"""Who waits for whom in PostgreSQL, and who may connect to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def somebody_waits(cursor: Any) -> bool:
    """Whether another transaction waits for the cursor's."""
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
    return bool(cursor.fetchone()[0])


def waiting(cursor: Any) -> int:
    """How many wait for a lock in this database."""
    cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction goes on seeing what it saw first
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return int(cursor.fetchone()[0])


@contextmanager
def nobody_may_connect(cursor: Any) -> Iterator[None]:
    """Whoever is connected stays so."""
    # ALTER DATABASE would refuse to shut the database that it is asked from.
    allow = "UPDATE pg_database SET datallowconn = %s WHERE datname = current_database()"
    cursor.execute(allow, [False])
    try:
        yield
    finally:
        cursor.execute(allow, [True])


def end_all_others(cursor: Any) -> None:
    """Ends the other connections to this database, and waits for that: until then one takes statements, to fail."""
    cursor.execute(
        "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
