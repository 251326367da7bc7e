"""Runs raw SQL with `%(name)s` parameters on Django's connection.

What is run more than `PREPARE_AFTER` times on a connection is prepared there: such a statement has one plan that suits
all values. Querysets are not prepared (`prepare_threshold` in DATABASES): the generic plan of one that filters by
status uses no partial index, and reads the whole table for the few tickets that are open.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import NotSupportedError, connection
from psycopg import ClientCursor

Row = tuple[Any, ...]

PREPARE_AFTER = 5 if settings.PREPARED_STATEMENTS else None


def fetch_all(statement: str, values: Mapping[str, Any]) -> list[Row]:
    """The rows of a statement. Raises `django.db.Error`. Outside `atomic` the statement is its own transaction."""
    with _preparing_cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def fetch_one(statement: str, values: Mapping[str, Any]) -> Row | None:
    """The first row of a statement; None if there is none."""
    rows = fetch_all(statement, values)
    return rows[0] if rows else None


def execute(statement: str, values: Mapping[str, Any]) -> int:
    """Runs a statement that returns no rows; returns the number of rows it changed."""
    with _preparing_cursor() as cursor:
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


@contextmanager
def _preparing_cursor() -> Iterator[Any]:
    with connection.cursor() as cursor:
        cursor.connection.prepare_threshold = PREPARE_AFTER
        try:
            yield cursor
        except NotSupportedError:
            # "Cached plan must not change result type": a migration changed a table, and what is prepared is void.
            if not connection.in_atomic_block:
                cursor.connection.close()  # or a pool would hand it out again
                connection.close()
            raise
        finally:
            cursor.connection.prepare_threshold = None
