"""All of the service works through PgBouncer in transaction mode: no connection is counted on to stay the same."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connection

from contacts.models import Contact
from tests.debian import find_program
from tests.pgbouncer import POOL_SIZE, PgBouncer
from tests.processes import Gunicorn, Process, wait_until
from tests.receiver import RecordingReceiver
from tests.staff import Staff
from tickets.models import Ticket
from webhooks.models import Delivery

Start = Callable[..., Process]
THREADS = 8


@pytest.fixture(scope="module")
def pgbouncer(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PgBouncer]:
    data_dir = tmp_path_factory.mktemp("pool") / "pgbouncer"
    with PgBouncer(find_program("pgbouncer", package="pgbouncer"), data_dir, database_url) as pool:
        yield pool


@pytest.fixture(scope="module")
def pooled(pgbouncer: PgBouncer) -> dict[str, str]:
    """The environment of a service behind the pool, whose connections PostgreSQL knows by their name."""
    url = f"{pgbouncer.url}?application_name=pooled"
    return {"DATABASE_URL": url, "PREPARED_STATEMENTS": "off", "DATABASE_TIME_LIMITS": "off"}


@pytest.fixture(scope="module")
def pooled_service(start_service: Callable[..., Gunicorn], pooled: dict[str, str]) -> Iterator[Gunicorn]:
    service = start_service(**pooled)
    yield service
    service.stop()  # before the pool


@pytest.fixture
def service(pooled_service: Gunicorn, database: None) -> Gunicorn:
    """The API behind the pool, on empty tables."""
    return pooled_service


def all_at_once(count: int, request: Callable[[int], requests.Response]) -> list[requests.Response]:
    """The answers to `count` requests, several of which are always under way."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(request, range(count)))


def fill(count: int) -> None:
    """Stores as many tickets, more than one chunk of a streamed list holds."""
    contact = Contact.objects.create(full_name="Ada Lovelace", email="ada@example.com")
    Ticket.objects.bulk_create(Ticket(contact=contact, issue_description=f"Number {each}.") for each in range(count))


def test_tickets_are_opened_resolved_and_delivered(
    service: Gunicorn, pooled: dict[str, str], start_worker: Start, start_beat: Start, receiver: RecordingReceiver
) -> None:
    start_worker(**pooled)
    start_beat(**pooled)
    headers = {"Idempotency-Key": "once"}
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "It is broken."}
    answers = all_at_once(40, lambda each: service.open_ticket(email=f"ada{each % 10}@example.com"))
    answers += [service.request("POST", "/api/v1/tickets", json=ticket, headers=headers) for _ in range(2)]
    assert {each.status_code for each in answers} == {201}
    ids = {each.json()["id"] for each in answers}
    assert len(ids) == 41
    resolved = all_at_once(41, lambda each: service.request("PATCH", f"/api/v1/tickets/{sorted(ids)[each]}/resolve"))
    assert {each.json()["status"] for each in resolved} == {"resolved"}
    receiver.wait_for(41)
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 41, what="41 deliveries")


def test_lists_are_whole_and_searched_while_others_write(service: Gunicorn) -> None:
    fill(2500)

    def request(number: int) -> requests.Response:
        if number % 2:
            return service.open_ticket(email="eve@example.com")
        query = "email=ada@example.com" if number % 4 else "limit=5&q=number 2499."
        return service.request("GET", f"/api/v1/tickets?{query}")

    answers = all_at_once(24, request)
    assert {each.status_code for each in answers} == {200, 201}
    assert [len(each.json()) for each in answers[0::4]] == [1] * 6
    assert [len(each.json()) for each in answers[2::4]] == [2500] * 6


def test_staff_work_at_the_desk(service: Gunicorn) -> None:
    opened = service.open_ticket(issue_description="The printer smokes.").json()["id"]
    staff = Staff(service, "ada", is_superuser=True)
    for path in ("/admin/", "/admin/tickets/ticket/?q=printer", f"/admin/tickets/ticket/{opened}/change/"):
        assert staff.get(path).status_code == 200
    assert staff.request("PATCH", f"/api/v1/tickets/{opened}/resolve").json()["status"] == "resolved"


def test_few_connections_serve_many_clients(service: Gunicorn) -> None:
    all_at_once(100, lambda each: service.open_ticket())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pooled'")
        (connections,) = cursor.fetchone()
    assert 1 <= connections <= POOL_SIZE


def test_a_restarted_pool_costs_no_request(service: Gunicorn, pgbouncer: PgBouncer) -> None:
    all_at_once(20, lambda each: service.open_ticket())
    pgbouncer.stop()
    pgbouncer.start()
    assert {each.status_code for each in all_at_once(40, lambda each: service.open_ticket())} == {201}
