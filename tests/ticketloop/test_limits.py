"""What one client can take: the size of a body, the number of lists that are read slowly."""

import socket
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from django.db import connection

from core import streams
from tests.processes import Gunicorn
from tests.service import Service
from ticketloop.limits import MAX_BODY

# More than the sockets' buffers hold.
LONG_LIST = """
WITH contact AS (INSERT INTO contacts (full_name, email) VALUES ('Ada', 'ada@example.com') RETURNING id)
INSERT INTO tickets (contact_id, issue_description) SELECT contact.id, repeat('x', 10000)
FROM contact CROSS JOIN generate_series(1, 2000)
"""


def test_a_form_that_is_too_large_is_refused_unread(service: Service) -> None:
    page = service.request("POST", "/admin/login/", data=b"x" * (MAX_BODY + 1))
    assert page.status_code == 413
    assert "Too large" in page.text


@pytest.mark.parametrize("path", ["/api/v1/tickets", "/api/v1/tickets?limit=1000"])
def test_slow_readers_of_lists_leave_the_others_alone(
    start_service: Callable[..., Gunicorn], database: None, path: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LONG_LIST)
    service = start_service(WEB_CONCURRENCY="1")
    with ExitStack() as readers:
        for _ in range(streams.MAX_STREAMS):
            reader = readers.enter_context(socket.socket())
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.connect(("127.0.0.1", int(service.url.rpartition(":")[2])))
            reader.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert reader.recv(15) == b"HTTP/1.1 200 OK"
        refused = service.request("GET", path)
        assert (refused.status_code, refused.headers["Retry-After"], list(refused.json())) == (503, "5", ["detail"])
        assert service.request("GET", "/api/v1/tickets?limit=1").status_code == 200
        assert service.request("GET", "/api/v1/tickets?status=resolved").json() == []
        assert service.open_ticket().status_code == 201


def test_a_stream_that_takes_too_long_is_broken_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LONG_LIST)
    monkeypatch.setattr(streams, "MAX_STREAM_SECONDS", -1.0)
    with pytest.raises(streams.StreamTooSlowError):
        service.request("GET", "/api/v1/tickets")
