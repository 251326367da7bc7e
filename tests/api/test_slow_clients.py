"""A client that reads or sends too slowly keeps the service from others only for a while."""

import contextlib
import socket
import time
from collections.abc import Callable

import pytest
from django.db import connection

from tests.processes import Gunicorn as Service
from tests.service import PATIENCE

TIMEOUT = 2  # seconds


@pytest.fixture(scope="module")
def single_threaded(start_service: Callable[..., Service]) -> Service:
    return start_service(GUNICORN_CMD_ARGS=f"--workers 1 --threads 1 --timeout {TIMEOUT}")


@pytest.fixture
def one_thread(single_threaded: Service, database: None) -> Service:
    """A service with a single thread, and a list of more than the kernel buffers for a connection."""
    single_threaded.open_ticket()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets (contact_id, issue_description) SELECT id, repeat('x', 10000) FROM contacts, "
            "generate_series(1, 1500)"
        )
    return single_threaded


def connect(service: Service, request: bytes) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(service.address)
    client.sendall(request)
    return client


def read_nothing(client: socket.socket) -> None:
    pass


def read_a_byte_now_and_then(client: socket.socket) -> None:
    with contextlib.suppress(OSError):
        client.recv(1)


# A list, which is made while it is sent, and a file; neither fits into what the kernel keeps for a connection.
LIST, FILE = b"/api/v1/tickets", b"/static/drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js.map"


@pytest.mark.parametrize("go_on", [read_nothing, read_a_byte_now_and_then])
@pytest.mark.parametrize("path", [LIST, FILE])
def test_a_client_that_does_not_read_its_answer_is_cut_off(
    one_thread: Service, go_on: Callable[[socket.socket], None], path: bytes
) -> None:
    with connect(one_thread, b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path) as client:
        assert client.recv(12) == b"HTTP/1.1 200"
        with connect(one_thread, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n") as other:
            other.settimeout(0.1)
            deadline, answer = time.monotonic() + PATIENCE, b""
            while not answer and time.monotonic() < deadline:
                go_on(client)
                with contextlib.suppress(TimeoutError):
                    answer = other.recv(12)
            assert answer == b"HTTP/1.1 200"
    assert "the client is too slow" in one_thread.output()
    assert "Traceback" not in one_thread.output()


def test_a_client_that_leaves_is_not_waited_for(one_thread: Service) -> None:
    before = one_thread.output()
    connect(one_thread, b"GET /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\n\r\n").close()
    assert one_thread.request("GET", "/health").status_code == 200
    said = one_thread.output().removeprefix(before)
    assert "the client is too slow" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("framing", [b"Content-Length: 10", b"Transfer-Encoding: chunked"])
def test_a_client_that_does_not_send_its_body_is_told_so_or_cut_off(one_thread: Service, framing: bytes) -> None:
    head = b"POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + framing
    with connect(one_thread, head + b"\r\n\r\n") as client:
        client.settimeout(PATIENCE)
        assert client.recv(12) in {b"HTTP/1.1 408", b""}
    assert one_thread.request("GET", "/health").status_code == 200
    assert "Traceback" not in one_thread.output()


def test_a_client_that_sends_its_head_bit_by_bit_is_cut_off(one_thread: Service) -> None:
    with connect(one_thread, b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: ") as client:
        client.settimeout(0.1)
        deadline, answer = time.monotonic() + PATIENCE, None
        while answer is None and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                client.sendall(b"x")
                answer = client.recv(12)
        assert answer == b""
    assert one_thread.request("GET", "/health").status_code == 200
    assert "Traceback" not in one_thread.output()


def test_a_body_that_nobody_reads_is_no_next_request_to_wait_for(single_threaded: Service, database: None) -> None:
    request = b"POST /api/v1/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
    with connect(single_threaded, request) as client:
        client.settimeout(PATIENCE)
        assert client.recv(12) == b"HTTP/1.1 404"
        start = time.monotonic()
        assert single_threaded.request("GET", "/health").status_code == 200
        assert time.monotonic() - start < TIMEOUT / 2
        client.recv(100_000)
        client.sendall(request)
        assert client.recv(12) == b"HTTP/1.1 404"


def test_a_client_that_goes_on_sending_what_is_refused_reads_why(single_threaded: Service, database: None) -> None:
    head = b"POST /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with connect(single_threaded, head + b"Content-Length: 20000000\r\n\r\n") as client:
        client.settimeout(PATIENCE)
        for _ in range(20):
            client.sendall(b" " * 1_000_000)
        assert client.recv(12) == b"HTTP/1.1 413"


def test_clients_that_do_not_close_hold_nobody_up(single_threaded: Service, database: None) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(connect(single_threaded, request))
            client.settimeout(PATIENCE)
            assert client.recv(12) == b"HTTP/1.1 200"
        start = time.monotonic()
        assert single_threaded.request("GET", "/health").status_code == 200
        assert time.monotonic() - start < TIMEOUT
