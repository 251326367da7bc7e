"""Lock waits and connections of other sessions in PostgreSQL."""

from typing import Any

from tests.processes import wait_until


def blocks_another(cursor: Any) -> bool:
    """Whether another transaction waits for that of the cursor."""
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
    return bool(cursor.fetchone()[0])


def waiting(cursor: Any) -> int:
    """The number of sessions that wait for a lock in this database."""
    cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction the statistics are a snapshot
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return int(cursor.fetchone()[0])


def terminate_other_connections(cursor: Any) -> None:
    """Terminates the other connections to this database and waits until they have ended."""
    cursor.execute(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    pids = [pid for pid, _ in cursor.fetchall()]

    def left() -> int:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY (%s)", [pids])
        return int(cursor.fetchone()[0])

    wait_until(lambda: not left(), what="the end of the other connections")
