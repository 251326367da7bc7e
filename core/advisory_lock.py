"""Locks that belong to no row (PostgreSQL's documentation, section 13.3.5)."""

from core.raw_sql import fetch_one

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s::text, 0))"


def lock_until_commit(name: str) -> None:
    """Waits for the lock of this name, up to `lock_timeout`, and holds it until the transaction ends."""
    fetch_one(LOCK, {"name": name})
