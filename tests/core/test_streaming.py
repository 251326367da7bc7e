"""Without `limit` the whole list is streamed, in order."""

from collections.abc import Callable

import pytest
import requests
from django.db import connection

from tests.processes import Gunicorn, closed_port

COUNT = 2500


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """The service behind gunicorn, as streaming needs a connection."""
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


def test_a_list_that_cannot_begin_is_503_as_json(start_service: Callable[..., Gunicorn], database: None) -> None:
    service = start_service(DATABASE_URL=f"postgres://nobody:none@127.0.0.1:{closed_port()}/none")
    for path in ("/api/v1/tickets", "/api/v1/contacts"):
        answer = service.request("GET", path)
        assert (answer.status_code, list(answer.json())) == (503, ["detail"])
    service.stop()
