"""Runs a statement of our own, prepared: PostgreSQL plans it once for each connection, not once for each request."""

from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def fetch_all(statement: str, values: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement that does not change from call to call; raises `django.db.Error`.

    The values go to the server beside the statement (Django's own cursors write them into its text). A statement
    outside `atomic` is its own transaction; inside it joins that.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    with database.wrap_database_errors:
        return psycopg.Cursor(database.connection).execute(statement, values, prepare=True).fetchall()


def fetch_one(statement: str, values: Any) -> tuple[Any, ...] | None:
    """The first row, if there is any."""
    rows = fetch_all(statement, values)
    return rows[0] if rows else None
