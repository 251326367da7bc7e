"""PgBouncer (Debian's package) in transaction mode, in front of the suite's PostgreSQL."""

import signal
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from local.postgres import as_unprivileged_user, give_to_unprivileged_user
from local.server import EmbeddedServer, end_with_parent

# More concurrent clients than this share connections, transaction by transaction.
POOL_SIZE = 2


class PgBouncer(EmbeddedServer):
    """A connection pool for the database at `database_url`, with the same user and password."""

    name = "pgbouncer"

    def __init__(self, program: str, data_dir: Path, database_url: str) -> None:
        super().__init__(data_dir)
        self._program = program
        self._database = urlsplit(database_url)

    @property
    def url(self) -> str:
        """`postgres://…` of the database, through the pool."""
        database = self._database
        return f"postgres://{database.username}:{database.password}@127.0.0.1:{self.port}{database.path}"

    def prepare(self) -> None:
        database = self._database
        users, configuration = self.data_dir / "users.txt", self.data_dir / "pgbouncer.ini"
        users.touch(mode=0o600)
        users.write_text(f'"{database.username}" "{database.password}"\n')
        configuration.write_text(
            f"[databases]\n* = host=127.0.0.1 port={database.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = scram-sha-256\nauth_file = users.txt\n"
            f"pool_mode = transaction\ndefault_pool_size = {POOL_SIZE}\nmax_client_conn = 200\n"
        )
        give_to_unprivileged_user(self.data_dir)

    def command(self) -> list[str]:
        prefix = [*as_unprivileged_user(), *end_with_parent(signal.SIGTERM)]
        return [*prefix, self._program, "pgbouncer.ini"]

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as connection:
                return connection.execute("SELECT true").fetchone() is not None
        except psycopg.OperationalError:
            return False
