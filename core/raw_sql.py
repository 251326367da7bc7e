"""SQL of our own, run on Django's connection; values stand in it as `%(name)s`.

With `server_side_binding` and `prepare_threshold` in DATABASES, psycopg has PostgreSQL prepare on each connection what
is run on it more often than that.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import ClientCursor

Row = tuple[Any, ...]


def fetch_all(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of a statement; raises `django.db.Error`. Outside `atomic` the statement is a transaction of its own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def fetch_one(statement: str, values: Mapping[str, Any]) -> Row | None:
    """The first row, if there is any."""
    rows = fetch_all(statement, values)
    return rows[0] if rows else None


def execute(statement: str, values: Mapping[str, Any]) -> int:
    """Runs a statement that returns no rows; returns how many it has changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        count: int = cursor.rowcount
    return count


def fetch_all_planned_for(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """As `fetch_all`, with the values written into the statement, so that PostgreSQL plans it for just these.

    A prepared statement's generic plan uses no index that serves only some of a parameter's values.
    """
    with connection.cursor() as cursor:
        cursor.execute(ClientCursor(cursor.connection).mogrify(statement, values))
        return list(cursor.fetchall())
