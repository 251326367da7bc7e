"""Minimal receiver in a process of its own, which records the arrival of each event."""

import asyncio
import multiprocessing
import time
from multiprocessing.connection import Connection
from types import TracebackType

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class _Protocol(asyncio.Protocol):
    """HTTP/1.1 connection: consecutive requests with a Content-Length."""

    def __init__(self, arrivals: list[tuple[str, float]]) -> None:
        self.arrivals = arrivals
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- for the type checker
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(b":") for line in self.buffer[:end].split(b"\r\n")[1:])
            }
            size = end + 4 + int(headers[b"content-length"])
            if len(self.buffer) < size:
                return
            self.buffer = self.buffer[size:]
            self.arrivals.append((headers[b"webhook-id"].decode(), time.time()))
            self.transport.write(ANSWER)


def _serve(control: Connection) -> None:
    arrivals: list[tuple[str, float]] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Protocol(arrivals), "127.0.0.1", 0, backlog=512)
        control.send(server.sockets[0].getsockname()[1])

        def send_arrivals() -> None:
            try:
                control.recv()
            except EOFError:
                loop.stop()
                return
            control.send(list(arrivals))

        loop.add_reader(control.fileno(), send_arrivals)
        await asyncio.Event().wait()

    try:
        asyncio.run(serve())
    except (RuntimeError, KeyboardInterrupt):
        return


class Sink:
    """Context manager that serves `url`; `arrivals()` are the webhook ids and times (Unix seconds)."""

    def __enter__(self) -> "Sink":
        context = multiprocessing.get_context("spawn")
        self._control, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{self._control.recv()}/hook"
        return self

    def arrivals(self) -> list[tuple[str, float]]:
        self._control.send(None)
        arrivals: list[tuple[str, float]] = self._control.recv()
        return arrivals

    def wait_for(self, count: int, seconds: float = 120) -> list[tuple[str, float]]:
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
