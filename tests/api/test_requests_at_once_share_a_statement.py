"""Requests that come at about the same moment share a statement and a transaction, and nothing else."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, takewhile

import pytest
import requests
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access import keys
from core.raw_sql import fetch_all
from tests.locks import end_all_others, nobody_may_connect
from tests.processes import Service, wait_until
from tickets.models import Change, Ticket
from webhooks.models import Event, Receiver

CLIENTS, ROUNDS = 8, 25
Send = Callable[[requests.Session, int, int], requests.Response]


@pytest.fixture(scope="module")
def one_process(start_service: Callable[..., Service]) -> Service:
    return start_service(WEB_CONCURRENCY="1")


@pytest.fixture
def one(one_process: Service, database: None) -> Service:
    """The API in a single process, on empty tables."""
    return one_process


def at_once(send: Send, is_enough: Callable[[int], bool] = lambda turn: turn == ROUNDS) -> list[requests.Response]:
    """The answers to clients of which each sends its next request when the last is answered; client by client."""

    def client(number: int) -> list[requests.Response]:
        with requests.Session() as session:
            return [send(session, number, turn) for turn in takewhile(lambda turn: not is_enough(turn), count())]

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [answer for answers in pool.map(client, range(CLIENTS)) for answer in answers]


def tickets_in_company() -> int:
    """How many were written in one transaction with another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(number), 0) FROM "
            "(SELECT count(*) AS number FROM tickets GROUP BY xmin::text) AS written WHERE number > 1"
        )
        return int(cursor.fetchone()[0])


def test_each_gets_the_ticket_that_it_asked_for(one: Service) -> None:
    def post(session: requests.Session, client: int, turn: int) -> requests.Response:
        # Some contacts are new, some known, some new for several clients at once.
        email = [f"new{client}-{turn}@example.com", "one@example.com", f"turn{turn}@example.com"][turn % 3]
        text = f'"{client}"\\, {{{turn}}} NULL'
        body = {"full_name": f"{{{client},\\'", "email": email, "issue_description": text}
        headers = {"X-Request-ID": f"client{client}-turn{turn}"}
        answer = session.post(f"{one.url}/api/v1/tickets", json=body, headers=headers, timeout=30)
        assert answer.json()["issue_description"] == text.replace('"', "&quot;")
        assert answer.json()["contact"]["email"] == email
        return answer

    answers = {answer.json()["id"]: answer for answer in at_once(post)}
    assert len(answers) == CLIENTS * ROUNDS
    assert dict(Event.objects.values_list("ticket_id", "payload")) == {
        ticket: each.text for ticket, each in answers.items()
    }
    assert dict(Event.objects.values_list("ticket_id", "request_id")) == {
        ticket: each.headers["X-Request-ID"] for ticket, each in answers.items()
    }


def test_clients_in_a_hurry_share_a_transaction(one: Service) -> None:
    def post(session: requests.Session, client: int, turn: int) -> requests.Response:
        body = {"full_name": "Ada", "email": f"{client}@example.com", "issue_description": "It is broken."}
        return session.post(f"{one.url}/api/v1/tickets", json=body, timeout=30)

    def some_do() -> bool:  # on a busy machine perhaps not at once
        at_once(post)
        return tickets_in_company() > 0

    wait_until(some_do, what="tickets in one transaction")


def test_each_resolves_its_ticket_in_its_own_name(one: Service) -> None:
    tickets = [one.open_ticket().json()["id"] for _ in range(CLIENTS * ROUNDS)]
    made = [keys.create(f"client {number}", ["tickets:resolve"]) for number in range(CLIENTS)]

    def resolve(session: requests.Session, client: int, turn: int) -> requests.Response:
        ticket = tickets[turn * CLIENTS + client]
        headers = {"Authorization": f"Api-Key {made[client][1]}"}
        return session.patch(f"{one.url}/api/v1/tickets/{ticket}/resolve", headers=headers, timeout=30)

    assert {answer.json()["status"] for answer in at_once(resolve)} == {"resolved"}
    told = dict(Change.objects.filter(kind="resolved").values_list("ticket_id", "actor"))
    assert told == {ticket: f"API key tl_{made[place % CLIENTS][0].prefix}" for place, ticket in enumerate(tickets)}


def test_of_those_who_resolve_one_ticket_one_does(one: Service) -> None:
    ticket = one.open_ticket().json()["id"]

    def change(session: requests.Session, client: int, turn: int) -> requests.Response:
        action = ("resolve", "reopen")[turn % 2]
        return session.patch(f"{one.url}/api/v1/tickets/{ticket}/{action}", timeout=30)

    assert {answer.status_code for answer in at_once(change)} == {200}
    kinds = list(Change.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [("resolved", "reopened")[place % 2] for place in range(len(kinds))]
    assert Event.objects.exclude(type="ticket.created").count() == len(kinds)


@pytest.fixture
def refused() -> Iterator[str]:
    """A text that PostgreSQL refuses, as it might by a mistake of ours."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets ADD CONSTRAINT refused CHECK (issue_description <> 'refused')")
        yield "refused"
        cursor.execute("ALTER TABLE tickets DROP CONSTRAINT refused")


def test_what_is_refused_for_one_harms_no_other(one: Service, refused: str) -> None:
    def post(session: requests.Session, client: int, turn: int) -> requests.Response:
        text = refused if client == 0 else f"{client} {turn}"
        body = {"full_name": "Ada", "email": f"{client}@example.com", "issue_description": text}
        return session.post(f"{one.url}/api/v1/tickets", json=body, timeout=30)

    answers = at_once(post)
    assert {answer.status_code for answer in answers[:ROUNDS]} == {500}
    assert {answer.status_code for answer in answers[ROUNDS:]} == {201}
    opened = sorted(answer.json()["issue_description"] for answer in answers[ROUNDS:])
    assert sorted(Ticket.objects.values_list("issue_description", flat=True)) == opened


def test_where_the_connection_breaks_nobody_is_told_of_a_ticket(one: Service) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/")
    codes: list[int] = []

    def post(session: requests.Session, client: int, turn: int) -> requests.Response:
        body = {"full_name": "Ada", "email": f"{client}@example.com", "issue_description": f"{client} {turn}"}
        answer = session.post(f"{one.url}/api/v1/tickets", json=body, timeout=30)
        codes.append(answer.status_code)
        return answer

    enough = threading.Event()
    with ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        asked = pool.submit(at_once, post, lambda turn: enough.is_set())
        try:
            for turn in range(5):
                wait_until(partial(tickets_exceed, 20 * turn), what="tickets")
                with transaction.atomic():
                    cursor.execute("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE")
                    wait_until(lambda: end_who_wait(cursor), what="a request that waits")
            with nobody_may_connect(cursor):
                end_all_others(cursor)
                told = codes.count(503)
                wait_until(lambda: codes.count(503) >= told + CLIENTS, what="answers")
        finally:
            enough.set()
        asked.result()
    assert set(codes) == {201, 503}
    assert Ticket.objects.count() == codes.count(201)


def tickets_exceed(number: int) -> bool:
    return Ticket.objects.count() > number


def end_who_wait(cursor: CursorWrapper) -> int:
    """Ends the connections of those that wait for the table of tickets; returns how many."""
    cursor.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN pg_stat_activity USING (pid) "
        "WHERE relation = 'tickets'::regclass AND NOT granted AND backend_type = 'client backend'"
    )
    return int(cursor.fetchone()[0])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_texts_arrive_in_arrays_as_they_are(database: None, texts: list[str]) -> None:
    rows = fetch_all(
        "SELECT text FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS each (text, n) ORDER BY n", {"texts": texts}
    )
    assert [text.decode() for (text,) in rows] == texts
