"""Processes of the service, started as an operator would."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.service import WAIT_LIMIT, Service

ROOT = Path(__file__).resolve().parent.parent
# Seconds: limit of the median response time of requests that must not wait for a broker or receiver. Waiting for one
# takes a second or two, being served by a busy machine much less.
MAX_MEDIAN_SECONDS = 0.5


def wait_until(condition: Callable[[], Any], seconds: float = WAIT_LIMIT, what: str = "the condition") -> Any:
    """The first true value of `condition`, polled every 20 ms. Raises TimeoutError after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise TimeoutError(f"{what} did not come true within {seconds} s")


def signal_tree(pid: int, number: signal.Signals) -> None:
    """Signals a process and all its descendants."""
    root = psutil.Process(pid)
    for each in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            each.send_signal(number)


_closed_ports: list[socket.socket] = []


def closed_port() -> int:
    """A loopback port that refuses connections, reserved for the rest of the run."""
    reserved = socket.socket()
    reserved.bind(("127.0.0.1", 0))
    _closed_ports.append(reserved)
    port: int = reserved.getsockname()[1]
    return port


def free_port() -> int:
    """A free loopback port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Process:
    """A Python module run with `python -m` in its own process group, with its output in `log`."""

    inherited: tuple[int, ...] = ()  # file descriptors

    def __init__(self, log: Path, *arguments: str, **environment: str) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=self.inherited,
            )

    def wait_for_output(self, text: str, seconds: float = WAIT_LIMIT) -> None:
        """Waits until `text` is printed; fails if the process ends before, or after `seconds`."""
        wait_until(lambda: text in self.output() or self.fail_if_ended(), seconds, f"{text!r} in {self.log.name}")

    def wait_for_end(self, seconds: float = WAIT_LIMIT) -> int:
        """Waits until the process ends by itself; returns the exit code. Fails after `seconds`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        raise AssertionError(f"{self.log.name} did not end within {seconds} s:\n{self.output()}")

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """Sends SIGKILL to the process group."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        """Stops the process and its children with SIGSTOP, which takes effect a little later than it is sent."""
        root = psutil.Process(self.process.pid)
        self._signal(signal.SIGSTOP)
        tree = [root, *root.children(recursive=True)]
        wait_until(lambda: {each.status() for each in tree} == {psutil.STATUS_STOPPED}, what="the standstill")

    def thaw(self) -> None:
        """Lets a frozen process and its children go on."""
        self._signal(signal.SIGCONT)

    def ask_to_end(self) -> None:
        """Sends SIGTERM without waiting."""
        self._signal(signal.SIGTERM)

    def stop(self, seconds: float = 10) -> int:
        """Sends SIGTERM, after `seconds` SIGKILL; returns the exit code."""
        self.ask_to_end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._signal(signal.SIGKILL)
        return self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def fail_if_ended(self) -> bool:
        """False while the process runs; fails with its last output once it has ended."""
        if self.process.poll() is not None:
            raise AssertionError(f"{self.log.name} ended with {self.process.returncode}:\n{self.output()[-5000:]}")
        return False


class Gunicorn(Process, Service):
    """gunicorn with the API and the admin."""

    def __init__(self, log: Path, **environment: str) -> None:
        # It inherits a listening socket, so that no other process can take the port first.
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            self.inherited = (listening.fileno(),)
            bind = f"fd://{listening.fileno()}"
            super().__init__(log, "gunicorn", "ticketloop.wsgi:application", "--bind", bind, **environment)
        try:
            wait_until(lambda: self._answers() or self.fail_if_ended(), what="an answer from gunicorn")
        except BaseException:
            self.kill()
            raise

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, for clients that open a socket themselves."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    def session(self) -> requests.Session:
        return requests.Session()

    def post_times(self, count: int) -> list[float]:
        """Response times in seconds of `count` opened tickets, after a warm-up."""
        self.open_ticket()
        times = []
        for _ in range(count):
            start = time.perf_counter()
            assert self.open_ticket().status_code == 201
            times.append(time.perf_counter() - start)
        return times

    def _answers(self) -> bool:
        try:
            self.request("GET", "/health")
        except requests.RequestException:
            return False
        return True


class Worker(Process):
    """A Celery worker as in the Compose file, started and ready."""

    def __init__(self, log: Path, concurrency: int | None = None, **environment: str) -> None:
        options = ["--loglevel", "info", "--without-mingle", "--without-gossip"]
        if concurrency:
            options += ["--concurrency", str(concurrency)]
        environment = {"DATABASE_POOL_SIZE": "8", **environment}
        super().__init__(log, "celery", "-A", "ticketloop", "worker", *options, **environment)
        try:
            self.wait_for_output(" ready.")
        except BaseException:
            self.kill()
            raise
