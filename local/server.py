"""Base class of embedded servers: port, password, log, starting and stopping the process."""

import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

STOP_LIMIT = 5.0


class StackError(Exception):
    """The local stack cannot continue; the message is one line for its user."""


class EmbeddedServer:
    """A server process on loopback with its data, password and log in `data_dir`; a restart keeps its port."""

    name = "server"
    stop_signal = signal.SIGTERM
    start_limit = 30.0  # seconds

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.data_dir.parent / f"{self.name}.log"

    @property
    def password(self) -> str:
        return secret_in(self.data_dir.parent / f"{self.name}.password")

    def start(self) -> None:
        """Starts the server and waits until it answers. Raises StackError with the end of its log otherwise."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.port = self.port or free_port()
        self.prepare()
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C must stop the service before its servers.
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.data_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + self.start_limit
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StackError(f"{self.name} did not start; the end of {self.log} says: {last_line(self.log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stops the server; kills it after `STOP_LIMIT` seconds."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(self.stop_signal)
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def url(self) -> str:
        """URL for clients."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Creates what the server needs before it starts."""

    def command(self) -> list[str]:
        """The server's command line, without secrets."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server accepts connections."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def secret_in(path: Path) -> str:
    """The secret in the file, generated on first use; readable by its owner only."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def free_port() -> int:
    """A free port on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def package_folder(name: str) -> Path:
    """Folder of an installed package, found without importing it: only its binaries are needed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise StackError(f"the package {name} is missing; requirements/local.txt names it")
    return Path(spec.origin).parent


def last_line(log: Path) -> str:
    """The last line of a log, or a placeholder."""
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "(nothing)")


def end_with_parent(stop_signal: signal.Signals) -> list[str]:
    """Command prefix: the kernel stops the server when its parent is killed (Linux only)."""
    if sys.platform != "linux":
        return []
    return ["setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG")]
