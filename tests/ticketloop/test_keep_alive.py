"""Each request on a kept connection is taken for itself, be it ever so much like the one before."""

import re
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest

from access import keys
from access.scopes import Scope
from tests.processes import Gunicorn
from tests.service import WAIT_LIMIT

TICKET = b'{"full_name": "Ada", "email": "ada@example.com", "issue_description": "It is broken."}'


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """Connections are the server's."""
    return gunicorn


def connection_to(service: Gunicorn) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(*service.address, timeout=WAIT_LIMIT)
    yield connection
    connection.close()


@pytest.fixture
def client(service: Gunicorn) -> Iterator[HTTPConnection]:
    yield from connection_to(service)


def ask(client: HTTPConnection, method: str, path: str, body: bytes | None, **headers: str) -> HTTPResponse:
    """The answer, read whole; the connection must be the same as before."""
    used = client.sock
    client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = client.getresponse()
    answer.read()
    assert used is None or client.sock is used
    return answer


def test_requests_that_come_at_once_are_answered_in_their_order(service: Gunicorn) -> None:
    paths = ["/health", "/api/v1/tickets", "/nowhere", "/api/v1/contacts"]
    heads = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n" for path in paths]
    with socket.create_connection(service.address, timeout=WAIT_LIMIT) as client:
        client.sendall("".join([*heads, heads[0].replace("keep-alive", "close")]).encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"200", b"404", b"200", b"200"]


def test_a_body_that_nobody_reads_is_no_next_request(client: HTTPConnection) -> None:
    for _ in range(3):
        assert ask(client, "POST", "/api/v1/nowhere", TICKET, Content_Type="application/json").status == 404
        assert ask(client, "HEAD", "/api/v1/tickets", None).status == 200
        assert ask(client, "GET", "/api/v1/tickets?limit=1", None).status == 200


def test_nobody_comes_in_by_the_key_of_the_request_before(
    start_service: Callable[..., Gunicorn], database: None
) -> None:
    service = start_service(API_ACCESS="key", WEB_CONCURRENCY="1")
    key = f"Api-Key {keys.create('reader', [Scope.READ])[1]}"
    for client in connection_to(service):
        for with_key in (True, True, False, True, False, False):
            headers = {"Authorization": key} if with_key else {}
            assert ask(client, "GET", "/api/v1/tickets?limit=1", None, **headers).status == (200 if with_key else 401)
    service.stop()


def test_what_a_proxy_says_of_a_request_holds_for_that_request(
    start_service: Callable[..., Gunicorn], database: None
) -> None:
    service = start_service(HTTPS_ONLY="on", SECRET_KEY="a secret for tests only, " * 3, WEB_CONCURRENCY="1")
    for client in connection_to(service):
        for scheme in ("https", "https", "http", "http", "https"):
            answer = ask(client, "GET", "/api/v1/contacts", None, X_Forwarded_Proto=scheme)
            found = (answer.status, answer.headers["Strict-Transport-Security"] is not None)
            assert found == {"https": (200, True), "http": (301, False)}[scheme]
    service.stop()


def test_who_asks_whether_to_send_a_body_is_told_each_time(service: Gunicorn) -> None:
    head = b"POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(TICKET)
    with socket.create_connection(service.address, timeout=WAIT_LIMIT) as client:
        for _ in range(3):
            client.sendall(head)
            assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(TICKET)
            answer = HTTPResponse(client, method="POST")
            answer.begin()
            assert (answer.status, answer.read()[:1]) == (201, b"{")
