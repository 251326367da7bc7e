"""A receiver in a process of its own, so that it shares no interpreter with what is measured.

Its URL says how it answers: any path with 200 at once, `/slow/SECONDS/…` after so long, `/hang/…` never, `/flap/…` with
200 or 500 at random.
"""

import asyncio
import multiprocessing
import random
import time
from multiprocessing.connection import Connection
from types import TracebackType
from typing import NamedTuple

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
FAILURE = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"


class Arrival(NamedTuple):
    """A request: its path, its webhook-id and when it came (Unix seconds)."""

    path: str
    id: str
    time: float


class _Protocol(asyncio.Protocol):
    """HTTP/1.1 connection: consecutive requests with a Content-Length."""

    def __init__(self, arrivals: list[Arrival]) -> None:
        self.arrivals = arrivals
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- for the type checker
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:end].split(b"\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines[1:])}
            size = end + 4 + int(headers[b"content-length"])
            if len(self.buffer) < size:
                return
            self.buffer = self.buffer[size:]
            path = lines[0].split()[1].decode()
            self.arrivals.append(Arrival(path, headers[b"webhook-id"].decode(), time.time()))
            self.answer(path)

    def answer(self, path: str) -> None:
        match path.split("/")[1:]:
            case ["hang", *_]:
                return
            case ["slow", seconds, *_]:
                asyncio.get_running_loop().call_later(float(seconds), self.transport.write, ANSWER)
            case ["flap", *_]:
                self.transport.write(random.choice((ANSWER, FAILURE)))  # noqa: S311 -- no secret
            case _:
                self.transport.write(ANSWER)


def _serve(control: Connection) -> None:
    arrivals: list[Arrival] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Protocol(arrivals), "127.0.0.1", 0, backlog=1024)
        control.send(server.sockets[0].getsockname()[1])

        def send_arrivals() -> None:
            try:
                start = control.recv()
            except EOFError:
                loop.stop()
                return
            control.send(arrivals[start:])

        loop.add_reader(control.fileno(), send_arrivals)
        await asyncio.Event().wait()

    try:
        asyncio.run(serve())
    except (RuntimeError, KeyboardInterrupt):
        return


class Sink:
    """Context manager that serves `url` and every path below it."""

    def __enter__(self) -> "Sink":
        context = multiprocessing.get_context("spawn")
        self._control, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{self._control.recv()}"
        self._arrivals: list[Arrival] = []
        return self

    def arrivals(self) -> list[Arrival]:
        """All arrivals so far, in order."""
        self._control.send(len(self._arrivals))
        self._arrivals += self._control.recv()
        return list(self._arrivals)

    def wait_for(self, count: int, seconds: float = 120) -> list[Arrival]:
        """All arrivals, once there are `count`."""
        deadline = time.monotonic() + seconds
        while len(arrivals := self.arrivals()) < count:
            if time.monotonic() > deadline:
                raise SystemExit(f"only {len(arrivals)} of {count} events arrived within {seconds:g} s")
            time.sleep(0.2)
        return arrivals

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.join()
