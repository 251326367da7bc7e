"""Runs raw SQL with `%(name)s` parameters on Django's connection.

With `server_side_binding` and `prepare_threshold` in DATABASES, psycopg prepares a statement on each connection that
executes it more often than the threshold.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import ClientCursor

Row = tuple[Any, ...]


def fetch_all(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of a statement. Raises `django.db.Error`. Outside `atomic` the statement is its own transaction."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def fetch_one(statement: str, values: Mapping[str, Any]) -> Row | None:
    """The first row of a statement; None if there is none."""
    rows = fetch_all(statement, values)
    return rows[0] if rows else None


def execute(statement: str, values: Mapping[str, Any]) -> int:
    """Runs a statement that returns no rows; returns the number of rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
    return count


def fetch_all_planned_for(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """As `fetch_all`, with the values as literals in the statement, so that PostgreSQL plans it for them.

    The generic plan of a prepared statement cannot use a partial index, whose predicate only some values satisfy.
    """
    with connection.cursor() as cursor:
        cursor.execute(ClientCursor(cursor.connection).mogrify(statement, values))
        return list(cursor.fetchall())
