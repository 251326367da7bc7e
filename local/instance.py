"""An instance of the local stack: its address, its data folder and the environment of its processes."""

import fcntl
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import environ

from local.server import StackError, secret_in

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Instance:
    """One local stack; several with different ports and data folders can run side by side."""

    host: str
    port: int
    data_dir: Path

    @classmethod
    def from_environment(cls) -> "Instance":
        """Reads `.env` and then HOST, PORT and DATA_DIR. Raises StackError for an invalid PORT."""
        environ.Env.read_env(str(ROOT / ".env")) if (ROOT / ".env").exists() else None
        port = os.environ.get("PORT") or "8000"
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise StackError("PORT is malformed: it must be a number from 1 to 65535.")
        data_dir = Path(os.environ.get("DATA_DIR") or ROOT / ".data").expanduser().resolve()
        return cls(os.environ.get("HOST") or "127.0.0.1", int(port), data_dir)

    @property
    def url(self) -> str:
        """The service's URL for clients on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - names, not a bind
        return f"http://{host}:{self.port}"

    def require_free_port(self) -> None:
        """Raises StackError if the address cannot be bound."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            reason = error.strerror or error
            raise StackError(
                f"cannot listen on {self.host}:{self.port} ({reason}); set HOST or PORT to a free address."
            ) from error

    def lock(self) -> IO[str]:
        """Locks the data folder until the returned file is closed. Raises StackError if it is in use."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = (self.data_dir / "lock").open("w")
        except OSError as error:
            raise StackError(f"DATA_DIR {self.data_dir} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StackError(
                f"another copy is running with DATA_DIR {self.data_dir}; set DATA_DIR and PORT for a second one."
            ) from error
        return file

    def defaults(self) -> dict[str, str]:
        """Settings unless the environment sets them: open API, plain HTTP, receivers on loopback."""
        return {
            "SECRET_KEY": secret_in(self.data_dir / "secret_key"),
            "API_ACCESS": "open",
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
            "HTTPS_ONLY": "off",
            "LOG_FORMAT": "text",
            "ALLOWED_HOSTS": self.host,
        }

    @property
    def _environment_file(self) -> Path:
        return self.data_dir / "stack.json"

    def write_environment(self, environment: dict[str, str]) -> None:
        """Stores the environment for commands from a second terminal."""
        with os.fdopen(os.open(self._environment_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(environment, file)

    def remove_environment(self) -> None:
        """Deletes what `write_environment` stored."""
        self._environment_file.unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """The environment of the running stack. Raises StackError if none is running."""
        try:
            stored: dict[str, str] = json.loads(self._environment_file.read_text())
        except OSError as error:
            raise StackError(f"nothing is running with DATA_DIR {self.data_dir}; start it with `make run`.") from error
        return {**os.environ, **stored}
