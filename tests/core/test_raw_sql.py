"""Which statements PostgreSQL prepares."""

import pytest
from django.db import DataError, NotSupportedError, connection

from core.database_errors import is_temporary
from core.raw_sql import execute, fetch_one
from tickets.models import Ticket


def prepared_statements() -> list[str]:
    """What is prepared on the test's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_statements_of_our_own_are_prepared_and_querysets_are_not(database: None) -> None:
    for _ in range(20):
        assert not Ticket.objects.filter(status="open").order_by("-id").exists()
        assert fetch_one("SELECT 1 FROM tickets WHERE id = %(id)s::bigint", {"id": 1}) is None
        assert execute("DELETE FROM tickets WHERE id = %(id)s::bigint", {"id": 1}) == 0
    assert sorted(prepared_statements()) == [
        "DELETE FROM tickets WHERE id = $1::bigint",
        "SELECT 1 FROM tickets WHERE id = $1::bigint",
    ]


def test_an_error_leaves_querysets_unprepared(database: None) -> None:
    for _ in range(20):
        assert not Ticket.objects.filter(status="open").exists()
        with pytest.raises(DataError):
            fetch_one("SELECT 1 / %(zero)s::int", {"zero": 0})
    assert not [each for each in prepared_statements() if "status" in each]


def test_after_a_migration_what_was_prepared_fails_once(database: None) -> None:
    def clients() -> object:
        return fetch_one("SELECT client FROM idempotency_keys WHERE id = %(id)s::bigint", {"id": 1})

    for _ in range(10):
        clients()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE idempotency_keys ALTER client TYPE varchar(65)")
    try:
        with pytest.raises(NotSupportedError) as failure:
            clients()
        assert is_temporary(failure.value)
        assert clients() is None
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE idempotency_keys ALTER client TYPE varchar(64)")
