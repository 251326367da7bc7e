"""Connections to PostgreSQL: kept, replaced without an error where PostgreSQL ended them, with and without PREPARE."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.processes import Process, wait_until
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


@pytest.mark.parametrize(
    ("limits", "timeout"), [({}, "0"), ({"DATABASE_TIME_LIMITS": ""}, "0"), ({"DATABASE_TIME_LIMITS": "on"}, "4s")]
)
def test_commands_take_as_long_as_they_take_and_options_of_the_url_stand_beside_the_limits(
    start_process: Callable[..., Process], database_url: str, limits: dict[str, str], timeout: str
) -> None:
    url = f"{database_url}?options=-c%20work_mem%3D5MB"
    show = "from django.db import connection as c; d = c.cursor(); d.execute(\"SELECT current_setting('{}')\"); "
    code = "".join(show.format(name) + "print(d.fetchone());" for name in ("statement_timeout", "work_mem"))
    command = start_process("manage", "shell", "--no-imports", "-c", code, DATABASE_URL=url, **limits)
    assert command.wait_for_end() == 0
    assert command.output().splitlines()[-2:] == [f"('{timeout}',)", "('5MB',)"]
