"""nginx (Debian's package) with the project's configuration, in front of APIs on loopback."""

import re
import signal
from collections.abc import Sequence
from pathlib import Path

import requests

from local.postgres import as_unprivileged_user, give_to_unprivileged_user
from local.server import EmbeddedServer, end_with_parent
from tests.processes import ROOT

UPSTREAM = (ROOT / "proxy" / "upstream.conf").read_text()
SERVER = (ROOT / "proxy" / "server.conf").read_text()
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx(EmbeddedServer):
    """A reverse proxy for the APIs at these addresses (`host:port`), which need no DNS."""

    name = "nginx"

    def __init__(self, program: str, data_dir: Path, addresses: Sequence[str]) -> None:
        super().__init__(data_dir)
        self._program = program
        self._addresses = addresses

    @property
    def url(self) -> str:
        """Base URL without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def prepare(self) -> None:
        servers = "".join(f"server {address};" for address in self._addresses)
        upstream = re.sub("resolver .*", "", UPSTREAM).replace("server api:8000 resolve;", servers)
        server = SERVER.replace("listen 8080;", f"listen 127.0.0.1:{self.port};")
        folders = "".join(f"{name}_temp_path {name};\n" for name in TEMPORARY)
        # As many connections as the official image has for each of its processes.
        (self.data_dir / "nginx.conf").write_text(
            "daemon off;\npid pid;\nerror_log stderr;\nevents { worker_connections 1024; }\n"
            f"http {{\n{folders}{upstream}{server}}}\n"
        )
        give_to_unprivileged_user(self.data_dir)

    def command(self) -> list[str]:
        prefix = [*as_unprivileged_user(), *end_with_parent(signal.SIGTERM)]
        return [*prefix, self._program, "-e", "stderr", "-p", "./", "-c", "nginx.conf"]

    def answers(self) -> bool:
        try:
            requests.get(f"{self.url}/health", timeout=2)
        except requests.RequestException:
            return False
        return True
