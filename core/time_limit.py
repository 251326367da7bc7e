"""Ends queries that take too long, so that a page can do with less."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TooSlowError(Exception):
    """A query within `time_limit` was ended."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Runs what it surrounds in a transaction all queries of which together may take `seconds`. Raises TooSlowError."""
    end = monotonic() + seconds

    def within_limit(execute: Callable[..., Any], *query: Any) -> Any:
        left = max(int((end - monotonic()) * 1000), 1)  # milliseconds; 0 would be no limit
        connection.connection.execute(f"SET LOCAL statement_timeout = {left}")
        return execute(*query)

    try:
        with transaction.atomic(), connection.execute_wrapper(within_limit):
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlowError from error
        raise
