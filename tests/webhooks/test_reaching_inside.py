"""The places of *Reaching inside* (docs/architecture.md): a test that fails here names what an upgrade has changed."""

import socket
import ssl
import threading
from collections.abc import Iterator
from http.client import HTTPConnection as PlainConnection
from http.client import HTTPResponse
from io import BytesIO
from typing import Any

import pytest
from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from webhooks.transport import Adapter

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Called(Exception):  # noqa: N818 - no error: what is hoped for
    """The hook was called."""


def called(*_: Any, **__: Any) -> Any:
    raise Called


@pytest.mark.parametrize("kind", [HTTPConnection, HTTPSConnection])
def test_a_connection_of_urllib3_gets_its_socket_from_new_conn(kind: type[HTTPConnection]) -> None:
    connection = type("Own", (kind,), {"_new_conn": called})("127.0.0.1", 1)
    with pytest.raises(Called):
        connection.connect()


def test_a_pool_manager_of_urllib3_takes_its_pools_from_pool_classes_by_scheme() -> None:
    class Pool(HTTPConnectionPool):
        ConnectionCls = called  # type: ignore[assignment]

    manager = PoolManager()
    manager.pool_classes_by_scheme = {"http": Pool}
    with pytest.raises(Called):
        manager.request("GET", "http://127.0.0.1:1/")


def test_an_adapter_of_requests_makes_its_pool_manager_by_init_poolmanager() -> None:
    pools = Adapter().poolmanager.pool_classes_by_scheme
    assert {pool.__module__ for pool in pools.values()} == {"webhooks.transport"}


def test_a_tls_context_makes_the_sockets_that_it_is_told() -> None:
    class Own(ssl.SSLSocket):
        pass

    context = ssl.create_default_context()
    context.sslsocket_class = Own
    with socket.socket() as plain, context.wrap_socket(plain, server_hostname="example.com") as wrapped:
        assert type(wrapped) is Own


class Recording(socket.socket):
    """A socket that counts how it is used."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.received, self.sent = BytesIO(), 0

    def recv_into(self, buffer: Any, *arguments: Any) -> int:
        count = super().recv_into(buffer, *arguments)
        self.received.write(memoryview(buffer)[:count])
        return count

    def sendall(self, *arguments: Any) -> None:
        self.sent += 1
        super().sendall(*arguments)


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server that answers one request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(ANSWER)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_http_client_reads_through_recv_into_and_sends_through_sendall(server: int) -> None:
    with Recording() as own:
        own.connect(("127.0.0.1", server))
        connection = PlainConnection("127.0.0.1", server)
        connection.sock = own
        connection.request("POST", "/", body=b"{}")
        response: HTTPResponse = connection.getresponse()
        assert response.status == 200
        assert own.sent > 0
        assert own.received.getvalue() == ANSWER


def test_http_client_reads_a_head_line_by_line_from_fp_and_again_once_headers_are_none() -> None:
    class Own(HTTPResponse):
        headers: Any

        def begin(self) -> None:
            super().begin()
            if self.status == 103:
                self.headers = None
                super().begin()

    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = PlainConnection("127.0.0.1")
        connection.response_class = Own
        connection.sock = ours
        connection.request("POST", "/", body=b"{}")
        theirs.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + ANSWER)
        assert connection.getresponse().status == 200
