"""A real HTTP receiver for the suite: keeps what arrives, answers as it is told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Arrival:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """How to answer: with `status`, once `hold` (if any) is set."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    hold: threading.Event | None = None


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # of five, a burst loses connections, to come back a second later

    def handle_error(self, *args: object) -> None:
        """A sender that hangs up early is what some tests are about."""


class RecordingReceiver:
    """Listens on loopback; `reply` is called with the number of the request (from 1) and says how to answer it."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.changed = threading.Condition()
        self.reply: Callable[[int], Reply] = lambda number: Reply()
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def wait_for(self, count: int, seconds: float = 20) -> list[Arrival]:
        """The first `count` arrivals, as soon as they are there; fails after `seconds`."""
        with self.changed:
            arrived = self.changed.wait_for(lambda: len(self.arrivals) >= count, seconds)
        assert arrived, f"{len(self.arrivals)} of {count} webhooks arrived within {seconds} s"
        return self.arrivals[:count]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver.changed:
                    receiver.arrivals.append(Arrival(headers, body))
                    reply = receiver.reply(len(receiver.arrivals))
                    receiver.changed.notify_all()
                if reply.hold:
                    reply.hold.wait(60)
                self.send_response(reply.status)
                for name, value in (*reply.headers, ("Content-Length", str(len(reply.body)))):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *args: object) -> None:
                """Silence."""

        return Handler
