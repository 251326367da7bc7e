"""Who waits for whom in PostgreSQL."""

from typing import Any


def somebody_waits(cursor: Any) -> bool:
    """Whether another transaction waits for the cursor's."""
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
    return bool(cursor.fetchone()[0])
