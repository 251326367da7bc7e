"""Time limit for queries that read, so that a page can fall back to a cheaper one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled


class TimeLimitExceededError(Exception):
    """PostgreSQL has cancelled a query within `time_limit`."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Runs a block that only reads, whose queries together may take `seconds`. Raises TimeLimitExceededError."""
    end = monotonic() + seconds

    def within_limit(execute: Callable[..., Any], *query: Any) -> Any:
        left = max(int((end - monotonic()) * 1000), 1)  # milliseconds; 0 would mean no limit
        connection.connection.execute(f"SET LOCAL statement_timeout = {left}")
        return execute(*query)

    try:
        with transaction.atomic(), connection.execute_wrapper(within_limit):
            yield
            # The limit lasts to the end of the outermost transaction, unless its savepoint is rolled back.
            transaction.set_rollback(True)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TimeLimitExceededError from error
        raise
