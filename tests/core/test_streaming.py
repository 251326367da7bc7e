"""Without `limit` the whole list comes, in order, while it is made."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connection, transaction

from tests.locks import somebody_waits
from tests.processes import Gunicorn, wait_until

COUNT = 2500


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """What comes before the rest is made is seen on a connection."""
    return gunicorn


@pytest.fixture
def many_tickets(service: Gunicorn) -> Gunicorn:
    service.open_ticket()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets (contact_id, issue_description) SELECT id, repeat('x', 1000) FROM contacts, "
            "generate_series(2, %s)",
            [COUNT],
        )
    return service


def test_every_ticket_comes_once_in_ascending_order(many_tickets: Gunicorn) -> None:
    response = many_tickets.request("GET", "/api/v1/tickets")
    ids = [ticket["id"] for ticket in response.json()]
    assert response.headers["Content-Type"] == "application/json"
    assert len(ids) == COUNT
    assert ids == sorted(set(ids))


def test_the_first_tickets_come_before_the_last_are_read(many_tickets: Gunicorn) -> None:
    with requests.get(f"{many_tickets.url}/api/v1/tickets", stream=True, timeout=30) as response:
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert next(response.iter_content(1)) == b"["


def test_a_download_gives_way_to_who_waits_for_an_answer_and_still_ends(many_tickets: Gunicorn) -> None:
    def download() -> float:
        start = time.monotonic()
        assert len(many_tickets.request("GET", "/api/v1/tickets").json()) == COUNT
        return time.monotonic() - start

    quiet = min(download() for _ in range(5))
    with ThreadPoolExecutor(1) as other_client:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT FROM contacts FOR UPDATE")
            other = other_client.submit(many_tickets.open_ticket)
            wait_until(lambda: somebody_waits(cursor), what="a request that waits for the contact")
            # Seven times at least there is more to come, and each time it waits for ten milliseconds.
            assert download() > quiet + 0.04
            assert not other.done()
        assert other.result().status_code == 201


def test_a_list_of_a_whole_number_of_chunks_is_complete(many_tickets: Gunicorn) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tickets WHERE id > (SELECT id FROM tickets ORDER BY id OFFSET 2099 LIMIT 1)")
    assert len(many_tickets.request("GET", "/api/v1/tickets/").json()) == 2100


def test_an_empty_list_is_an_empty_array(service: Gunicorn) -> None:
    assert service.request("GET", "/api/v1/tickets").content == b"[]"
    assert service.request("GET", "/api/v1/contacts").content == b"[]"


def test_head_has_no_body(many_tickets: Gunicorn) -> None:
    response = many_tickets.request("HEAD", "/api/v1/tickets")
    assert (response.status_code, response.content) == (200, b"")
