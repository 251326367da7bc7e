"""PostgreSQL locked, slow, read-only, frozen: clients are answered in time, and what is no outage stays an error."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import psycopg
import pytest
import requests
from django.db import connection

from local.postgres import EmbeddedPostgres
from tests.processes import Process, signal_tree, wait_until
from tests.service import Service

TOLD_TO_RETRY = (503, "5")
ANSWER_LIMIT = 5  # seconds, as the contract has it

TEMPORARY = [
    *("connection_failure", "serialization_failure", "deadlock_detected", "disk_full", "out_of_memory"),
    *("too_many_connections", "query_canceled", "admin_shutdown", "crash_shutdown", "io_error"),
    *("read_only_sql_transaction", "lock_not_available"),
]
BUGS = ["undefined_column", "object_in_use", "internal_error", "division_by_zero", "check_violation", "raise_exception"]


def told(response: requests.Response) -> tuple[int, str | None]:
    return response.status_code, response.headers.get("Retry-After")


@pytest.fixture
def refusing(database: None) -> Iterator[Callable[[str], None]]:
    """Has PostgreSQL raise the error with this name whenever a ticket is stored."""

    def refuse(condition: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{condition}'; END $$"
            )
            cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON tickets EXECUTE FUNCTION refuse()")

    yield refuse
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION refuse CASCADE")


@pytest.mark.parametrize("condition", TEMPORARY)
def test_what_may_be_over_soon_is_503(service: Service, refusing: Callable[[str], None], condition: str) -> None:
    refusing(condition)
    answer = service.open_ticket()
    assert (told(answer), list(answer.json())) == (TOLD_TO_RETRY, ["detail"])


@pytest.mark.parametrize("condition", BUGS)
def test_what_a_retry_does_not_cure_is_500(service: Service, refusing: Callable[[str], None], condition: str) -> None:
    refusing(condition)
    answer = service.open_ticket()
    assert (told(answer), list(answer.json())) == ((500, None), ["detail"])


def test_who_waits_for_a_lock_is_told_in_time_and_others_do_not_wait(service: Service, database_url: str) -> None:
    service.open_ticket(email="ada@example.com")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM contacts WHERE email = 'ada@example.com' FOR UPDATE")
        start = monotonic()
        assert told(service.open_ticket(email="ada@example.com")) == TOLD_TO_RETRY
        assert monotonic() - start < ANSWER_LIMIT
        assert service.open_ticket(email="grace@example.com").status_code == 201
    assert service.open_ticket(email="ada@example.com").status_code == 201


def test_a_statement_that_takes_too_long_is_ended(service: Service) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); END $$"
        )
        cursor.execute("CREATE TRIGGER dawdle BEFORE INSERT ON tickets EXECUTE FUNCTION dawdle()")
        start = monotonic()
        try:
            answer = service.open_ticket()
        finally:
            cursor.execute("DROP FUNCTION dawdle CASCADE")
    assert told(answer) == TOLD_TO_RETRY
    assert monotonic() - start < ANSWER_LIMIT


def test_of_a_read_only_database_the_truth_is_told(
    start_service: Callable[..., Service], service: Service, database_url: str
) -> None:
    location = service.open_ticket().headers["Location"]
    read_only = start_service(DATABASE_URL=f"{database_url}?options=-c%20default_transaction_read_only%3Don")
    health = read_only.request("GET", "/health")
    assert (health.status_code, health.json()["status"], health.json()["database"]) == (503, "error", "read-only")
    assert read_only.request("GET", location).status_code == 200
    assert told(read_only.request("PATCH", f"{location}/resolve")) == TOLD_TO_RETRY
    assert told(read_only.open_ticket()) == TOLD_TO_RETRY
    with requests.Session() as browser:
        form = browser.get(f"{read_only.url}/admin/login/", timeout=30)
        token = re.findall('name="csrfmiddlewaretoken" value="(.+?)"', form.text)[0]
        values = {"csrfmiddlewaretoken": token, "username": "ada", "password": "wrong"}
        page = browser.post(f"{read_only.url}/admin/login/", values, timeout=30)
    assert told(page) == TOLD_TO_RETRY
    assert "Not available right now" in page.text
    assert "Ticket Loop" in page.text


def pid(postgres: EmbeddedPostgres) -> int:
    """The process id of the server, the parent of its backends."""
    assert postgres.process
    return postgres.process.pid


@pytest.fixture
def own_postgres(tmp_path: Path, start_process: Callable[..., Process]) -> Iterator[EmbeddedPostgres]:
    """A migrated PostgreSQL for this test alone, which may stop it."""
    with EmbeddedPostgres(tmp_path / "postgres") as postgres:
        migrated = start_process("manage", "migrate", "--verbosity", "0", DATABASE_URL=postgres.url)
        assert migrated.wait_for_end() == 0
        yield postgres
        signal_tree(pid(postgres), signal.SIGCONT)


def test_while_postgresql_stands_still_clients_are_told_in_time(
    start_service: Callable[..., Service], own_postgres: EmbeddedPostgres
) -> None:
    service = start_service(DATABASE_URL=own_postgres.url, WEB_CONCURRENCY="1")
    assert service.open_ticket().status_code == 201
    signal_tree(pid(own_postgres), signal.SIGSTOP)
    start = monotonic()
    assert told(service.open_ticket()) == TOLD_TO_RETRY
    assert monotonic() - start < ANSWER_LIMIT
    health = service.request("GET", "/health")
    assert (health.status_code, health.json()["database"], health.json()["broker"]) == (503, "error", "ok")
    page = service.request("GET", "/admin/login/")
    assert told(page) == TOLD_TO_RETRY
    assert "Not available right now" in page.text
    assert service.request("GET", "/docs").status_code == 200
    signal_tree(pid(own_postgres), signal.SIGCONT)
    wait_until(lambda: service.open_ticket().status_code == 201, what="a ticket")
    wait_until(lambda: service.request("GET", "/health").status_code == 200, what="health")


def test_when_only_the_connection_that_checks_stands_still_it_is_replaced(
    start_service: Callable[..., Service], own_postgres: EmbeddedPostgres
) -> None:
    service = start_service(DATABASE_URL=own_postgres.url, WEB_CONCURRENCY="1")
    assert service.request("GET", "/health").status_code == 200
    with psycopg.connect(own_postgres.superuser_url) as database:
        row = database.execute(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_is_in_recovery%'"
        ).fetchone()
    assert row
    os.kill(row[0], signal.SIGSTOP)
    # Asked for when its last result is a second old.
    wait_until(lambda: service.request("GET", "/health").status_code == 503, what="notice")
    wait_until(lambda: service.request("GET", "/health").status_code == 200, what="another connection")
    wait_until(lambda: service.open_ticket().status_code == 201, what="a ticket")
    os.kill(row[0], signal.SIGCONT)
