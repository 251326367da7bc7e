"""Connections to PostgreSQL are kept from request to request, and one that it ended meanwhile fails nobody."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import connection

from access import keys
from access.scopes import Scope
from core.pagination.keyset import WALK
from core.postgresql import lending
from core.raw_sql import fetch_all
from tests.locks import nobody_may_connect
from tests.processes import PATIENCE, Service, wait_until
from tickets.models import Ticket
from webhooks.models import Receiver


def backends(name: str) -> set[int]:
    """The processes that serve the connections of this name in the suite's database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()", [name]
        )
        return {pid for (pid,) in cursor.fetchall()}


def have_every_thread_answer(service: Service) -> None:
    """At once, something for which no database is needed; until then there are only as many as were needed."""
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(service.address, PATIENCE)) for _ in range(8)]
        for client in clients:
            client.sendall(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n")
        for client in clients:
            client.sendall(b"Connection: close\r\n\r\n")
            assert client.recv(1000).startswith(b"HTTP/1.1 404 ")


def add_tickets(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets (contact_id, issue_description) SELECT id, 'x' FROM contacts, generate_series(1, %s)",
            [number],
        )


def test_a_connection_that_postgresql_ended_is_replaced_without_an_error(
    start_service: Callable[..., Service], database_url: str, database: None
) -> None:
    # What the URL says about the connection is heeded.
    service = start_service(DATABASE_URL=f"{database_url}?application_name=ended")

    def open_and_search() -> tuple[int, int]:
        return service.open_ticket().status_code, service.request("GET", "/api/v1/tickets?q=rare&limit=1").status_code

    service.open_ticket()
    add_tickets(WALK)  # so that it is not enough to walk along them
    assert {open_and_search() for _ in range(40)} == {(201, 200)}
    kept = backends("ended")
    assert 0 < len(kept) <= 32  # not one for each request
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [list(kept)])
    wait_until(lambda: not backends("ended"), what="the end of the connections")
    assert {open_and_search() for _ in range(40)} == {(201, 200)}


def test_connections_that_were_needed_in_a_rush_are_closed_afterwards(
    database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lending, "_idle", [])
    before = backends("ticketloop")
    all_at_once = threading.Barrier(5)

    def hold_a_connection(number: int) -> None:
        all_at_once.wait()
        fetch_all("SELECT pg_sleep(0.3)", {})

    with ThreadPoolExecutor(4) as pool:
        threads = pool.map(hold_a_connection, range(4))
        all_at_once.wait()
        list(threads)
    assert len(backends("ticketloop") - before) == 4
    monkeypatch.setattr(lending, "KEPT", 0.0)
    for _ in range(4):
        fetch_all("SELECT 1", {})
    wait_until(lambda: len(backends("ticketloop") - before) == 1, what="the end of the others")
    lending.borrow().close()


def test_requests_one_after_another_share_a_connection_whichever_thread_answers(
    start_service: Callable[..., Service], database_url: str, database: None
) -> None:
    service = start_service(
        DATABASE_URL=f"{database_url}?application_name=shared", WEB_CONCURRENCY="1", API_ACCESS="key"
    )
    Receiver.objects.create(url="http://127.0.0.1:9/")
    have_every_thread_answer(service)
    asked_how_it_is = backends("shared")
    key = keys.create("everything", list(Scope))[1]
    headers = {"Authorization": f"Api-Key {key}"}
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "It is broken."}
    for _ in range(20):  # of these requests each comes by itself, and so to any of the threads
        location = service.request("POST", "/api/v1/tickets", headers=headers, json=ticket).headers["Location"]
        assert service.request("PATCH", f"{location}/resolve", headers=headers).json()["status"] == "resolved"
        for path in (location, "/api/v1/tickets?limit=5", "/api/v1/tickets", "/api/v1/contacts"):
            assert service.request("GET", path, headers=headers).status_code == 200
    assert len(backends("shared") - asked_how_it_is) == 1


def test_while_nobody_may_connect_who_is_connected_goes_on_and_is_told_the_truth(
    start_service: Callable[..., Service], database: None
) -> None:
    service = start_service(WEB_CONCURRENCY="1")
    Receiver.objects.create(url="http://127.0.0.1:9/")
    codes = [service.open_ticket().status_code]
    with connection.cursor() as cursor, nobody_may_connect(cursor), ThreadPoolExecutor(6) as pool:
        codes += [service.open_ticket().status_code for _ in range(10)]
        assert set(codes) == {201}
        codes += pool.map(lambda _: service.open_ticket().status_code, range(60))
        assert set(codes) == {201, 503}  # there were not connections enough
        for _ in range(10):
            codes.append(service.open_ticket().status_code)
            assert codes[-1] == 201
            assert service.request("GET", "/api/v1/tickets?limit=1").status_code == 200
    assert Ticket.objects.count() == codes.count(201)


def test_without_prepared_statements_all_is_the_same(
    start_service: Callable[..., Service], service: Service, database: None
) -> None:
    plain = start_service(PREPARED_STATEMENTS="off")
    location = plain.open_ticket().headers["Location"]
    assert plain.request("GET", location).content == service.request("GET", location).content
    assert plain.request("PATCH", f"{location}/resolve").json()["status"] == "resolved"
