"""The two sides of the comparison, on one PostgreSQL: Ticket Loop and the baseline."""

import os
from dataclasses import dataclass

import psycopg
import requests

from bench.stack import Stack
from local.postgres import ROLE
from tests.processes import Process, free_port, wait_until

PROCESSES = 2
CONTACTS = 1_000

# Only the columns that both sides have; the others have defaults.
SEED = """
TRUNCATE contacts, tickets RESTART IDENTITY CASCADE;
INSERT INTO contacts (full_name, email)
SELECT 'Ada Lovelace', 'contact' || number || '@example.com' FROM generate_series(1, {contacts}) AS number;
INSERT INTO tickets (contact_id, issue_description, status)
SELECT 1 + number % {contacts}, 'Ticket ' || number || ': ' || repeat('the printer says PC LOAD LETTER. ', 5), 'open'
FROM generate_series(1, {tickets}) AS number;
"""


@dataclass
class Side:
    """A running server with its database."""

    name: str
    url: str
    process: Process
    database: psycopg.Connection

    @property
    def pid(self) -> int:
        return self.process.process.pid

    def seed(self, tickets: int) -> None:
        """Replaces all rows by this many open tickets of 1,000 contacts, with ids from 1."""
        self.database.execute(SEED.format(contacts=CONTACTS, tickets=tickets).encode())
        for table in ("contacts", "tickets"):
            self.database.execute(f"VACUUM ANALYZE {table}".encode())


def start_ticket_loop(stack: Stack) -> Side:
    """gunicorn with the project's configuration."""
    service = stack.start_service()
    return Side("Ticket Loop", service.url, service, stack.connect())


def start_baseline(stack: Stack) -> Side:
    """uvicorn with uvloop and httptools, in the same number of processes."""
    stack.connect().execute(f"CREATE DATABASE baseline OWNER {ROLE}".encode())
    url = stack.postgres.url.rsplit("/", 1)[0] + "/baseline"
    driver = url.replace("postgres://", "postgresql+asyncpg://").replace("postgresql://", "postgresql+asyncpg://")
    environment = {**os.environ, "BASELINE_DATABASE_URL": driver}
    stack.run_to_end("bench.baseline.tables", **environment)
    port = free_port()
    options = ["--port", str(port), "--workers", str(PROCESSES), "--loop", "uvloop", "--http", "httptools"]
    log = stack.folder / "baseline.log"
    process = Process(log, "uvicorn", "bench.baseline.app:app", *options, "--no-access-log", **environment)
    stack.stack.callback(process.stop)
    address = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(address), 30, "an answer from uvicorn")
    return Side("baseline", address, process, stack.stack.enter_context(psycopg.connect(url, autocommit=True)))


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/v1/tickets?limit=1", timeout=5).ok
    except requests.ConnectionError:
        return False
