"""Connections to PostgreSQL: kept, replaced without an error where PostgreSQL ended them, with and without PREPARE."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from tests.processes import wait_until
from tests.service import Service


def backends(application: str) -> set[int]:
    """The process ids of the connections with this name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [application])
        return {pid for (pid,) in cursor.fetchall()}


def test_a_connection_that_postgresql_ended_is_replaced_without_an_error(
    start_service: Callable[..., Service], database_url: str, database: None
) -> None:
    # What the URL says about the connection is heeded.
    service = start_service(DATABASE_URL=f"{database_url}?application_name=ended")

    def open_and_search() -> tuple[int, int]:
        return service.open_ticket().status_code, service.request("GET", "/api/v1/tickets?q=rare&limit=1").status_code

    assert {open_and_search() for _ in range(40)} == {(201, 200)}
    kept = backends("ended")
    assert 0 < len(kept) <= 36  # one for each thread, not one for each request
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [list(kept)])
    wait_until(lambda: not backends("ended"), what="the end of the connections")
    assert {open_and_search() for _ in range(40)} == {(201, 200)}


def resolved_tickets(service: Service) -> Any:
    """How a ticket is opened, read and resolved, often enough for its statements to be prepared."""
    locations = [service.open_ticket().headers["Location"] for _ in range(8)]
    resolved = [service.request("PATCH", f"{each}/resolve").json() for each in locations]
    return [{**each, "id": 0, "created_at": "", "resolved_at": "", "contact": 0, "contact_id": 0} for each in resolved]


def test_without_prepared_statements_all_is_the_same(
    start_service: Callable[..., Service], service: Service, database: None
) -> None:
    assert resolved_tickets(start_service(PREPARED_STATEMENTS="off")) == resolved_tickets(service)
