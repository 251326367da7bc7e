"""Each request on a kept connection is taken for itself, be it ever so much like the one before."""

import io
import json
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access import keys
from access.scopes import Scope
from tests.processes import Gunicorn as Service
from tests.service import PATIENCE


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


class Asked(NamedTuple):
    """A request as it is sent; its body, which opens no ticket, as a whole or in chunks, perhaps with a trailer."""

    method: str
    path: str
    version: str
    headers: list[tuple[str, str]]
    body: bytes
    framing: str

    def encoded(self) -> bytes:
        headers, body = [("Host", "localhost"), *self.headers], self.body
        if self.framing == "whole":
            headers.append(("Content-Length", str(len(body))))
        else:
            headers.append(("Transfer-Encoding", "chunked"))
            trailer = b"X-Request-ID: trailer\r\n" if self.framing == "trailer" else b""
            chunks = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (body[:7], body[7:]) if chunk]
            body = b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"
        lines = [f"{self.method} {self.path} HTTP/{self.version}", *[f"{name}: {value}" for name, value in headers]]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Reader(io.BufferedReader):
    """What one connection brings, of which each answer takes its part."""

    def makefile(self, mode: str) -> "Reader":
        return self

    def close(self) -> None:
        """The next answer is read from it, too."""


def answers(service: Service, asked: list[Asked]) -> list[tuple[int, str | None, bytes, bool]]:
    """Status, id where one was given, body, and whether the server closes the connection after that; until it does."""
    found = []
    with socket.create_connection(service.address, timeout=PATIENCE) as client:
        client.sendall(b"".join(each.encoded() for each in asked))
        reader = Reader(client.makefile("rb", buffering=0))
        for each in asked:
            answer = HTTPResponse(reader, method=each.method)  # type: ignore[arg-type]  # it wants `makefile` alone
            answer.begin()
            own_id = answer.headers.get("X-Request-ID", "")
            found.append((answer.status, own_id if len(own_id) < 32 else None, answer.read(), answer.will_close))
            if answer.will_close:
                break
    return found


HEADERS = [
    *[("Content-Type", "application/json"), ("Content-Type", "text/plain"), ("Accept", "text/html")],
    *[("Connection", "close"), ("Connection", "keep-alive"), ("X-Request-ID", "mine"), ("X-Request-ID", "other")],
    *[("X-Forwarded-Proto", "https"), ("X-HTTP-Method-Override", "PATCH"), ("Transfer-Encoding", "gzip")],
]
ASKED = st.builds(
    Asked,
    method=st.sampled_from(["GET", "POST", "HEAD", "PATCH", "OPTIONS"]),
    path=st.sampled_from(["/api/v1/tickets", "/api/v1/tickets?limit=0", "/api/v1/tickets/7", "/%61pi/v1/", "/x"]),
    version=st.sampled_from(["1.1", "1.1", "1.0"]),
    headers=st.lists(st.sampled_from(HEADERS), max_size=2),
    body=st.sampled_from([b"", b"{}", b'{"email": "nobody"}', b'{"full_name": ""}', b"no JSON"]),
    framing=st.sampled_from(["whole", "whole", "chunks", "trailer"]),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.lists(ASKED, min_size=2, max_size=6))
def test_each_request_is_answered_as_on_a_connection_of_its_own(service: Service, asked: list[Asked]) -> None:
    together = answers(service, asked)
    assert together == [answers(service, [each])[0] for each in asked[: len(together)]]
