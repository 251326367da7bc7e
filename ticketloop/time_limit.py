"""Ends a query that takes too long, so that a page can do with less."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TooSlowError(Exception):
    """A query within `time_limit` was ended."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Runs what it surrounds in a transaction each query of which may take `seconds`. Raises TooSlowError."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlowError from error
        raise
