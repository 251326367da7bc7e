"""Each request on a kept connection is taken for itself, be it ever so much like the one before."""

import json
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access import keys
from access.scopes import Scope
from tests.processes import PATIENCE, Service


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


class Client:
    """One connection."""

    def __init__(self, service: Service) -> None:
        self._connection = HTTPConnection(*service.address, timeout=PATIENCE)
        self._connection.connect()
        self._socket = self._connection.sock

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, {"Content-Type": "application/json", **named})
        answer = self._connection.getresponse()
        assert self._connection.sock is self._socket  # the server kept it
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    made = Client(service)
    yield made
    made.close()


def ticket(text: str) -> str:
    return json.dumps({"full_name": "Ada", "email": "ada@example.com", "issue_description": text})


def test_the_same_headers_come_with_any_path_method_and_body(client: Client) -> None:
    opened = [json.loads(client.ask("POST", "/api/v1/tickets", ticket(text)).body) for text in ("one", "two")]
    assert [each["issue_description"] for each in opened] == ["one", "two"]
    for each in opened:
        assert json.loads(client.ask("GET", f"/api/v1/tickets/{each['id']}").body) == each
    assert [len(json.loads(client.ask("GET", f"/api/v1/tickets?limit={n}").body)) for n in (1, 2)] == [1, 2]
    path = f"/api/v1/tickets/{opened[0]['id']}"
    assert [json.loads(client.ask("PATCH", f"{path}/{do}").body)["status"] for do in ("resolve", "reopen")] == [
        *("resolved", "open")
    ]
    assert client.ask("GET", "/api/v1/%74ickets?limit=1").status == 200


VALUES = st.text("abcdefgh", min_size=1, max_size=3)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(st.dictionaries(st.sampled_from(["X_Request_ID", "Accept_Language", "X_Other"]), VALUES)))
def test_an_id_is_that_of_its_request(service: Service, asked: list[dict[str, str]]) -> None:
    client = Client(service)
    given_ids = [client.ask("GET", "/api/v1/tickets/1", **headers).headers["x-request-id"] for headers in asked]
    client.close()
    for headers, found in zip(asked, given_ids, strict=True):
        assert found == headers["X_Request_ID"] if "X_Request_ID" in headers else len(found) == 32


@pytest.fixture(scope="module")
def for_keys(start_service: Callable[..., Service]) -> Service:
    return start_service(API_ACCESS="key")


def test_nobody_comes_in_by_the_key_of_the_request_before(for_keys: Service, database: None) -> None:
    key = {"Authorization": f"Api-Key {keys.create('reader', [Scope.READ])[1]}"}
    client = Client(for_keys)
    for headers, status in [(key, 200), (key, 200), ({}, 401), (key, 200), ({}, 401), ({}, 401)]:
        assert client.ask("GET", "/api/v1/tickets?limit=1", **headers).status == status
    client.close()


def test_what_a_proxy_says_of_a_request_holds_for_that_request(start_service: Callable[..., Service]) -> None:
    client = Client(start_service(HTTPS_ONLY="on", SECRET_KEY="a secret for tests only, " * 3))
    for scheme in ("https", "https", "http", "http", "https"):
        answer = client.ask("GET", "/api/v1/contacts", X_Forwarded_Proto=scheme)
        assert (answer.status, "strict-transport-security" in answer.headers) == {
            "https": (200, True),
            "http": (301, False),
        }[scheme]
    client.close()


def test_who_asks_whether_to_send_a_body_is_told_each_time(service: Service) -> None:
    body = ticket("It is broken.").encode()
    head = b"POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body)
    with socket.create_connection(service.address, timeout=PATIENCE) as client:
        for _ in range(3):
            client.sendall(head)
            assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(body)
            assert client.recv(10_000).startswith(b"HTTP/1.1 201 ")
