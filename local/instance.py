"""Where a local stack lives: its address, its data folder, and the environment that its processes share."""

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
class Place:
    """One local stack; two with different ports and data folders run side by side."""

    host: str
    port: int
    data_dir: Path

    @classmethod
    def from_environment(cls) -> "Place":
        """Reads `.env` and then HOST, PORT and DATA_DIR. Raises StackError for a value that cannot be meant."""
        environ.Env.read_env(str(ROOT / ".env")) if (ROOT / ".env").exists() else None
        port = os.environ.get("PORT") or "8000"
        if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise StackError("PORT is malformed: it must be a number from 1 to 65535.")
        data_dir = Path(os.environ.get("DATA_DIR") or ROOT / ".data").expanduser().resolve()
        return cls(os.environ.get("HOST") or "127.0.0.1", int(port), data_dir)

    @property
    def url(self) -> str:
        """The service's URL for a client on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - names, not a bind
        return f"http://{host}:{self.port}"

    def require_free_port(self) -> None:
        """Raises StackError when the service could not listen on its address."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            reason = error.strerror or error
            raise StackError(
                f"cannot listen on {self.host}:{self.port} ({reason}); set HOST or PORT to an address that is free."
            ) from error

    def lock(self) -> IO[str]:
        """Takes the data folder for this process, as long as the file returned is open."""
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
        """What the service is told unless its user says otherwise: open to this machine, without HTTPS."""
        return {
            "SECRET_KEY": secret_in(self.data_dir / "secret_key"),
            "API_ACCESS": "open",
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
            "HTTPS_ONLY": "off",
            "LOG_FORMAT": "text",
            "ALLOWED_HOSTS": self.host,
        }

    @property
    def _shared(self) -> Path:
        return self.data_dir / "stack.json"

    def share(self, environment: dict[str, str]) -> None:
        """Leaves the environment for commands from a second terminal."""
        with os.fdopen(os.open(self._shared, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(environment, file)

    def unshare(self) -> None:
        """Takes it away again."""
        self._shared.unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """The environment of the running stack. Raises StackError when none is running."""
        try:
            shared: dict[str, str] = json.loads(self._shared.read_text())
        except OSError as error:
            raise StackError(f"nothing is running with DATA_DIR {self.data_dir}; start it with `make run`.") from error
        return {**os.environ, **shared}
