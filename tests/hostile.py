"""A raw server whose paths each answer in an odd way of their own, and the table of those ways."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n"
FAILED = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"

Act = Callable[[socket.socket], bool]


@dataclass(frozen=True)
class Odd:
    """What a receiver does after it has read a request, and whether that is a delivery. `act` returns whether the
    connection may be used again."""

    act: Act
    delivered: bool


def say(answer: bytes, keep: bool = False) -> Act:
    """Answers with these bytes."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(answer)
        return keep

    return act


def again(start: bytes, repeated: bytes, pause: float = 0.0) -> Act:
    """Answers with `start`, then with `repeated` until the other side has had enough."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(start)
        waiting = threading.Event()
        while True:
            connection.sendall(repeated)
            waiting.wait(pause)

    return act


def late(first: bytes, seconds: float, second: bytes) -> Act:
    """Answers with `first` and, after a pause in which the next request may come, with `second`."""

    def act(connection: socket.socket) -> bool:
        connection.sendall(first)
        threading.Event().wait(seconds)
        connection.sendall(second)
        return True

    return act


def hang(connection: socket.socket) -> bool:
    """Never answers."""
    while connection.recv(65536):
        pass
    return False


def reset(connection: socket.socket) -> bool:
    """Breaks the connection (RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    return False


def interim(*statuses: int) -> bytes:
    """Heads of interim answers."""
    return b"".join(b"HTTP/1.1 %d Interim\r\nLink: </style.css>\r\n\r\n" % status for status in statuses)


def retry_after(value: bytes) -> Odd:
    """503 with this Retry-After."""
    return Odd(say(BUSY + b"Retry-After: " + value + b"\r\n\r\n", keep=True), False)


ODD: dict[str, Odd] = {
    **{f"{each}-once": Odd(say(interim(each) + EMPTY, keep=True), True) for each in (100, 102, 103, 104, 199)},
    **{f"{each}-fifty-times": Odd(say(interim(*[each] * 50) + EMPTY, keep=True), True) for each in (100, 102, 103)},
    **{f"{each}-then-500": Odd(say(interim(each) + FAILED, keep=True), False) for each in (100, 102, 103)},
    **{f"{each}-without-end": Odd(again(b"", interim(each)), False) for each in (100, 102, 103)},
    "all-interim-answers": Odd(say(interim(100, 102, 103, 110, 199) + EMPTY, keep=True), True),
    "interim-alone": Odd(say(interim(103), keep=True), False),
    "interim-then-half-a-head": Odd(say(interim(103) + OK + b"Content-Le"), False),
    "interim-then-nothing": Odd(again(interim(103), b"", 0.2), False),
    "interim-late": Odd(late(EMPTY, 0.05, interim(103)), True),
    "switching-protocols": Odd(say(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", keep=True), False),
    "retry-after-far-date": retry_after(b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT"),
    "retry-after-year-0": retry_after(b"Mon, 01 Jan 0000 00:00:00 GMT"),
    "retry-after-year-9999": retry_after(b"Fri, 31 Dec 9999 23:59:59 GMT"),
    "retry-after-far-zone": retry_after(b"Fri, 31 Dec 9999 23:59:59 -2359"),
    "retry-after-huge-zone": retry_after(b"Fri, 31 Dec 1999 23:59:59 +99999999"),
    "retry-after-no-such-day": retry_after(b"Tue, 31 Feb 2026 00:00:00 GMT"),
    "retry-after-negative": retry_after(b"-5"),
    "retry-after-fraction": retry_after(b"1.5"),
    "retry-after-digits": retry_after(b"9" * 5000),
    "retry-after-arabic-digits": retry_after("٣".encode()),
    "retry-after-nan": retry_after(b"nan"),
    "retry-after-infinite": retry_after(b"inf"),
    "retry-after-empty": retry_after(b""),
    "retry-after-words": retry_after(b"after the holidays"),
    "retry-after-twice": retry_after(b"1\r\nRetry-After: Mon, 01 Jan 99999 00:00:00 GMT"),
    "retry-after-bytes": retry_after(bytes(range(128, 256))),
    "status-000": Odd(say(b"HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "status-20": Odd(say(b"HTTP/1.1 20 Short\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "status-099": Odd(say(b"HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "status-600": Odd(say(b"HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "status-999": Odd(say(b"HTTP/1.1 999 High\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "status-20000": Odd(say(b"HTTP/1.1 20000 Long\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "status-negative": Odd(say(b"HTTP/1.1 -200 Minus\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "status-words": Odd(say(b"HTTP/1.1 fine OK\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "http-0.9": Odd(say(b"hello"), False),
    "http-9.9": Odd(say(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"), False),
    "http-1.0": Odd(say(b"HTTP/1.0 200 OK\r\n\r\nhello"), True),
    "smtp": Odd(say(b"220 mail.example ESMTP\r\n"), False),
    "every-byte": Odd(say(bytes(range(256)) * 8), False),
    "nothing": Odd(say(b""), False),
    "reset": Odd(reset, False),
    "hang": Odd(hang, False),
    "drips-the-status": Odd(again(b"HTTP/1.1 2", b"0", 0.1), False),
    "drips-headers": Odd(again(OK, b"X-A: b\r\n", 0.1), False),
    "drips-the-body": Odd(again(OK + b"Content-Length: 99999\r\n\r\n", b"x", 0.1), True),
    "floods-headers": Odd(again(OK, b"X-A: " + b"b" * 1000 + b"\r\n"), False),
    "many-headers": Odd(say(OK + b"X-A: b\r\n" * 5000 + b"\r\n"), False),
    "endless-header": Odd(again(OK + b"X-A: ", b"b" * 1000), False),
    "endless-body": Odd(again(OK + b"\r\n", b"x" * 65536), True),
    "header-without-colon": Odd(say(OK + b"Content-Length 0\r\nContent-Length: 0\r\n\r\n"), True),
    "half-a-head": Odd(say(OK + b"Content-Le"), False),
    "status-line-alone": Odd(say(OK), False),
    "broken-chunks": Odd(say(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello", keep=True), True),
    "negative-chunk": Odd(say(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n", keep=True), True),
    "chunks-cut-off": Odd(say(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe"), True),
    "chunks-and-length": Odd(
        say(OK + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n", keep=True), True
    ),
    "too-short-a-body": Odd(say(OK + b"Content-Length: 500\r\n\r\nhello"), True),
    "too-long-a-body": Odd(say(OK + b"Content-Length: 2\r\n\r\nhello HTTP/1.1 500", keep=True), True),
    "negative-length": Odd(say(OK + b"Content-Length: -5\r\n\r\nhello", keep=True), True),
    "two-lengths": Odd(say(OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello", keep=True), False),
    "length-in-words": Odd(say(OK + b"Content-Length: five\r\n\r\nhello", keep=True), True),
    "no-bomb": Odd(say(OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nbomb!", keep=True), True),
    "two-answers": Odd(say(EMPTY + FAILED, keep=True), True),
    "ten-answers": Odd(say(EMPTY + FAILED * 9, keep=True), True),
    "second-answer-late": Odd(late(EMPTY, 0.02, FAILED), True),
    "failure-then-late-success": Odd(late(FAILED, 0.02, EMPTY), False),
    "body-on-204": Odd(say(b"HTTP/1.1 204 None\r\nContent-Length: 5\r\n\r\nhello", keep=True), True),
    "body-on-304": Odd(say(b"HTTP/1.1 304 None\r\nContent-Length: 5\r\n\r\nhello", keep=True), False),
    "redirect-to-itself": Odd(say(b"HTTP/1.1 307 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", keep=True), False),
    "redirect-endless-body": Odd(again(b"HTTP/1.1 302 F\r\nLocation: /\r\n\r\n", b"x" * 9999), False),
    "cookies": Odd(say(OK + b"Set-Cookie: a=b; Domain=127.0.0.1\r\nContent-Length: 0\r\n\r\n", keep=True), True),
    "authenticate": Odd(say(b"HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\n\r\n"), False),
    "nul-and-bytes-in-the-body": Odd(say(OK + b"Content-Length: 6\r\n\r\n\0\xff\xfe\xed\xa0\x80", keep=True), True),
    "nul-in-the-reason": Odd(say(b"HTTP/1.1 500 \0\xff\r\nContent-Length: 0\r\n\r\n", keep=True), False),
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A request that came: its path without the slash, its webhook-id, and when (monotonic)."""

    path: str
    id: str
    time: float


class HostileServer:
    """Answers `/NAME` as `ODD[NAME]` says, `/healthy` with 200 and the request's webhook-id as the body."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.requests: list[Request] = []
        self._server = socket.create_server((host, 0), backlog=1024)
        self.url = f"http://{host}:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError), connection:
            while self._answer(connection):
                pass

    def _answer(self, connection: socket.socket) -> bool:
        """Reads a request and answers it; returns whether the connection may be used again."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += receive(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }
        while len(body) < int(headers[b"content-length"]):
            body += receive(connection)
        path, event = head.split()[1].decode().strip("/"), headers.get(b"webhook-id", b"").decode()
        self.requests.append(Request(path, event, time.monotonic()))
        if path == "healthy":
            return say(OK + b"Content-Length: %d\r\n\r\n%s" % (len(event), event.encode()), keep=True)(connection)
        return path in ODD and ODD[path].act(connection)


def receive(connection: socket.socket) -> bytes:
    """What comes next. Raises EOFError at the end."""
    if not (data := connection.recv(65536)):
        raise EOFError
    return data
