"""Temporary stack: Ticket Loop's processes on a durable PostgreSQL and a Valkey of their own."""

import os
import pwd
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.postgres import EmbeddedPostgres
from local.valkey import EmbeddedValkey
from tests.processes import Gunicorn, Process, Worker

LOG_FILES = 60  # of 16 MB; nearly min_wal_size

ADD_RECEIVERS = """
INSERT INTO webhook_receivers (
    source, description, url, events, body_format, timeout, encrypted_secret, encrypted_previous_secret,
    encrypted_headers, enabled, disabled_reason
)
SELECT 'desk', 'another', another.url, %(events)s, body_format, timeout, encrypted_secret, '', '', true, ''
FROM webhook_receivers CROSS JOIN unnest(%(urls)s::text[]) AS another (url)
WHERE source = 'environment'
RETURNING id
"""


@dataclass
class Stack:
    """The servers, and the processes started on them."""

    folder: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    environment: dict[str, str]
    stack: ExitStack

    @property
    def postgres_pid(self) -> int:
        """The pid of the PostgreSQL server, the parent of its backends."""
        assert self.postgres.process is not None  # noqa: S101 - it runs
        return self.postgres.process.pid

    @property
    def postgres_user(self) -> pwd.struct_passwd:
        """The system user that PostgreSQL runs as."""
        return pwd.getpwuid(self.postgres.data_dir.stat().st_uid)

    def connect(self) -> psycopg.Connection:
        """A connection of the superuser in autocommit mode."""
        return self.stack.enter_context(psycopg.connect(self.postgres.superuser_url, autocommit=True))

    def manage(self, *arguments: str) -> None:
        """Runs a management command to its end."""
        self.run_to_end("manage", *arguments, **self.environment)

    def run_to_end(self, *arguments: str, **environment: str) -> None:
        """Runs a Python module to its end; exits with its output if it fails."""
        process = Process(self.folder / "command.log", *arguments, **environment)
        if process.process.wait():
            raise SystemExit(process.output())

    def start_service(self) -> Gunicorn:
        """Starts gunicorn with the API and the admin."""
        service = Gunicorn(self.folder / "web.log", **self.environment)
        self.stack.callback(service.stop)
        return service

    def start_worker(self) -> Process:
        """Starts a worker as in the Compose file; returns once it takes tasks."""
        worker = Worker(self._log("worker"), None, **self.environment)
        self.stack.callback(worker.kill)
        return worker

    def start_beat(self) -> Process:
        """Starts beat, which ticks every second."""
        options = ("-A", "ticketloop", "beat", "-s", str(self.folder / "beat"))
        beat = Process(self._log("beat"), "celery", *options, **self.environment)
        self.stack.callback(beat.kill)
        return beat

    def add_receivers(self, urls: Sequence[str], events: Sequence[str]) -> list[int]:
        """Adds receivers like that of WEBHOOK_URL, but for URL and events; returns their ids."""
        rows = self.connect().execute(ADD_RECEIVERS, {"urls": list(urls), "events": list(events)})
        return [int(row[0]) for row in rows]

    @contextmanager
    def worker(self) -> Iterator[Process]:
        """Runs a worker and beat within the block."""
        beat, worker = self.start_beat(), self.start_worker()
        try:
            yield worker
        finally:
            beat.kill()
            worker.kill()

    def _log(self, name: str) -> Path:
        """A log for each start: `wait_for_output` must not match the output of an earlier one."""
        return self.folder / f"{name}-{len(list(self.folder.glob(f'{name}-*')))}.log"


@contextmanager
def running(server: type[EmbeddedPostgres] = EmbeddedPostgres) -> Iterator[Stack]:
    """Starts both servers (fsync and synchronous_commit on) and migrates."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ticketloop-bench-")))
        postgres = stack.enter_context(server(folder / "postgres"))
        with psycopg.connect(postgres.superuser_url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
            connection.execute("ALTER SYSTEM SET min_wal_size = '1GB'")
        postgres.stop()
        postgres.start()
        valkey = stack.enter_context(EmbeddedValkey(folder / "valkey"))
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "ticketloop.settings",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "SECRET_KEY": "only-for-benchmarks-0123456789abcdefghijklmnopqrstuvwxyz",
            "HTTPS_ONLY": "off",
            "API_ACCESS": "open",
            "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        ready = Stack(folder, postgres, valkey, environment, stack)
        ready.manage("migrate", "--verbosity", "0")
        ready.connect().execute("CREATE EXTENSION pg_stat_statements")
        _fill_wal(ready.connect())
        yield ready


def _fill_wal(database: psycopg.Connection) -> None:
    """Lets the server create WAL files that it can recycle, as one has that has run for a while.

    Else it would zero-fill a new file after every 16 MB, which blocks commits for 50 ms.
    """
    for _ in range(LOG_FILES):
        database.execute("SELECT pg_logical_emit_message(true, 'bench', ''), pg_switch_wal()")
    database.execute("CHECKPOINT")
