"""HTTP receiver that records requests and replies as configured."""

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.service import WAIT_LIMIT


@dataclass(frozen=True)
class Arrival:
    """A received request."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """How to answer: with `status`, once `hold` (if any) is set; with `reset` the connection breaks half way."""

    status: int = 200
    reset: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    hold: threading.Event | None = None


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # with the default of 5, a burst drops connections, which retry after a second

    def __init__(self, *arguments: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *args: object) -> None:
        """Ignores senders that disconnect early: some tests are about them."""


class RecordingReceiver:
    """Listens on loopback; `reply` is called with the number of the request (from 1) and says how to answer it."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.changed = threading.Condition()
        self.reply: Callable[[int], Reply] = lambda number: Reply()
        self._listen(0)

    def _listen(self, port: int) -> None:
        self._server = _QuietServer(("127.0.0.1", port), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def wait_for(self, count: int, seconds: float = WAIT_LIMIT) -> list[Arrival]:
        """Waits for `count` arrivals and returns them; fails after `seconds`."""
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.arrivals) >= count, seconds)
        assert arrived, f"{len(self.arrivals)} of {count} webhooks arrived within {seconds} s"
        return self.arrivals[:count]

    def close(self) -> None:
        """Stops listening and breaks open connections."""
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def reopen(self) -> None:
        """Listens again on the same port."""
        self._listen(self._server.server_port)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender was killed while sending
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver.changed:
                    receiver.arrivals.append(Arrival(headers, body))
                    reply = receiver.reply(len(receiver.arrivals))
                    receiver.changed.notify_all()
                if reply.hold:
                    reply.hold.wait(60)
                if reply.reset:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    os.close(self.connection.detach())
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *args: object) -> None:
                """Silence."""

        return Handler
