"""gunicorn's answers, which are sent with fewer calls of the kernel, and by when their client must have read them."""

from collections.abc import Iterable
from functools import lru_cache
from time import monotonic, time

from gunicorn.http import wsgi
from gunicorn.util import http_date

# Headers that hardly ever are what they were in the answer before.
VARYING = {"content-length", "x-request-id", "location", "etag", "link", "ratelimit", "retry-after", "set-cookie"}


class Response(wsgi.Response):  # type: ignore[misc]
    """Sends its head together with the beginning of the body."""

    headers: list[tuple[str, str]]
    headers_sent: bool
    response_length: int | None
    chunked: bool
    _head = b""

    def process_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """As gunicorn's: checks the headers. Most are those of the answers before."""
        for name, value in headers:
            if name.lower() in VARYING:
                super().process_headers([(name, value)])
            else:
                self.headers.extend(_checked(name, value))

    def default_headers(self) -> list[str]:
        """What every answer begins with (RFC 9112, section 4)."""
        major, minor = self.req.version
        return [
            f"HTTP/{major}.{minor} {self.status}\r\nServer: {self.version}\r\nDate: {_date(int(time()))}\r\n",
            f"Connection: {'close' if self.should_close() else 'keep-alive'}\r\n",
            "Transfer-Encoding: chunked\r\n" if self.chunked else "",
        ]

    def send_headers(self) -> None:
        """Makes the head, which is sent with what follows."""
        if not self.headers_sent:
            lines = [*self.default_headers(), *[f"{name}: {value}\r\n" for name, value in self.headers], "\r\n"]
            self._head = "".join(lines).encode("latin-1")
            self.headers_sent = True

    def _emit_body(self, data: bytes) -> None:
        self._send(b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def close(self) -> None:
        """Sends what is left."""
        self.send_headers()
        self._send(b"0\r\n\r\n" if self.chunked else b"")

    def _send(self, data: bytes) -> None:
        """Sends the head, if it has not been sent, and `data`; TimeoutError where the client does not read them."""
        rest, self._head = memoryview(self._head + data), b""
        end = monotonic() + self.cfg.timeout
        while rest:
            try:
                rest = rest[self.sock.send(rest) :]
            except BlockingIOError:
                raise TimeoutError from None
            if rest and monotonic() > end:
                raise TimeoutError


@lru_cache(maxsize=250)
def _checked(name: str, value: str) -> list[tuple[str, str]]:
    response = Response.__new__(Response)
    response.headers = []
    wsgi.Response.process_headers(response, [(name, value)])
    return response.headers


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    date: str = http_date(second)
    return date
