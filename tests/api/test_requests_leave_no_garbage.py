"""What a request needed is freed when it gets what it asked for: Python's garbage collector finds nothing left."""

import gc
from collections.abc import Callable

import pytest
from django.test import RequestFactory

from ticketloop.wsgi import application
from tickets.models import Ticket

TICKET = b'{"full_name": "Ada", "email": "ada@example.com", "issue_description": "It is broken."}'


def ask(method: str, path: str, body: bytes = b"") -> str:
    """The status of an answer, whose body is read."""
    statuses: list[str] = []
    environ = RequestFactory().generic(method, path, body, "application/json").environ
    answer = application(environ, lambda status, headers: statuses.append(status))
    assert b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    return statuses[0]


def open_a_ticket() -> str:
    return ask("POST", "/api/v1/tickets", TICKET)


def resolve_a_ticket() -> str:
    return ask("PATCH", f"/api/v1/tickets/{Ticket.objects.values_list('pk', flat=True)[0]}/resolve")


def read_a_page() -> str:
    return ask("GET", "/api/v1/tickets?limit=10")


def read_the_whole_list() -> str:
    return ask("GET", "/api/v1/tickets")


@pytest.mark.parametrize("request_one", [open_a_ticket, resolve_a_ticket, read_a_page, read_the_whole_list])
def test_nothing_is_left_of_a_request(database: None, request_one: Callable[[], str]) -> None:
    open_a_ticket()
    assert request_one() in {"200 OK", "201 Created"}  # what is made once is made now
    gc.collect()
    gc.disable()
    try:
        request_one()
        assert gc.collect() == 0
    finally:
        gc.enable()
