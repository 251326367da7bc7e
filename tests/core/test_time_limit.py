"""The time limit of a block of queries: it ends them, and it ends with them."""

import pytest
from django.db import connection, transaction

from core.time_limit import TimeLimitExceededError, time_limit


def sleep(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


def test_a_slow_query_is_ended(database: None) -> None:
    with pytest.raises(TimeLimitExceededError), time_limit(0.05):
        sleep(60)


def test_what_follows_in_the_same_transaction_has_no_part_in_it(database: None) -> None:
    with transaction.atomic():
        before = limit()
        with time_limit(60):
            sleep(0)
            assert limit() != before
        assert limit() == before
