"""Starts the service's processes as its operator would, and ends them."""

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

import requests

ROOT = Path(__file__).resolve().parent.parent


def wait_until(condition: Callable[[], Any], seconds: float = 20, what: str = "the condition") -> Any:
    """The first true value of `condition`, asked every 20 ms; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {seconds} s")


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Process:
    """A Python module run as `python -m …` in a process group of its own, its output kept in `log`."""

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
            )

    def wait_for_output(self, text: str, seconds: float = 30) -> None:
        """Returns once `text` was printed; fails when the process ends or the time is over before."""
        wait_until(lambda: text in self.output() or self._fail_if_ended(), seconds, f"{text!r} in {self.log.name}")

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """Kills every process of the group at once, as `kill -9` and the kernel's memory killer do."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float = 10) -> int:
        """Asks the process to end (SIGTERM), kills what is left after `seconds`, returns the exit code."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._signal(signal.SIGKILL)
        return self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _fail_if_ended(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"{self.log.name} ended with {self.process.returncode}:\n{self.output()}")
        return False


class Service(Process):
    """gunicorn with the API and the admin, listening on a free port; `url` has no trailing slash."""

    def __init__(self, log: Path, **environment: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        bind = self.url.removeprefix("http://")
        super().__init__(log, "gunicorn", "ticketloop.wsgi:application", "--bind", bind, **environment)
        wait_until(lambda: self._answers() or self._fail_if_ended(), 30, "an answer from gunicorn")

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request as any client would send it; redirects are left to the test."""
        return requests.request(method, self.url + path, timeout=30, allow_redirects=False, **options)

    def open_ticket(self, **values: Any) -> requests.Response:
        """POSTs a ticket; what is not given is something valid."""
        ticket = {"full_name": "Ada Lovelace", "email": "ada@example.com", "issue_description": "It is broken."}
        return self.request("POST", "/api/v1/tickets", json={**ticket, **values})

    def _answers(self) -> bool:
        try:
            self.request("GET", "/health")
        except requests.ConnectionError:
            return False
        return True
