"""Reads the database of an original Ticket Loop API: streamed from one read-only snapshot, without locks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import psycopg

SCHEMES = {"postgres", "postgresql", "postgresql+asyncpg"}
URL_EXPECTED = "give one such as postgres://user:password@host:5432/ticketloop"
BATCH = 1000  # rows held in memory, and committed together
CONNECT_TIMEOUT = 10  # seconds
COLUMNS = {
    "contacts": {"id", "full_name", "email", "created_at"},
    "tickets": {"id", "contact_id", "issue_description", "status", "created_at"},
}
NAIVE = "timestamp without time zone"
CONTACT = "contact.id, contact.full_name, contact.email, contact.created_at AT TIME ZONE 'UTC'"
CONTACTS = f"SELECT {CONTACT} FROM contacts AS contact ORDER BY contact.id"
TICKETS = f"""
SELECT ticket.id, ticket.issue_description, ticket.status::text, ticket.created_at AT TIME ZONE 'UTC', {CONTACT}
FROM tickets AS ticket JOIN contacts AS contact ON contact.id = ticket.contact_id ORDER BY ticket.id
"""
Row = TypeVar("Row")


class OriginalError(Exception):
    """The original's database cannot be read; the message says why, in one line."""


class OriginalContact(NamedTuple):
    """A row of `contacts` as stored: texts HTML-escaped, the time in UTC."""

    id: int
    full_name: str
    email: str
    created_at: datetime


class OriginalTicket(NamedTuple):
    """A row of `tickets` with its contact; `status` is the enum's label, `OPEN` or `RESOLVED`."""

    id: int
    issue_description: str
    status: str
    created_at: datetime
    contact: OriginalContact


class Original:
    """The original's database, as of the time `open_original` connected."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def count(self, table: str) -> int:
        """Number of rows of the table."""
        return int(self._value(f"SELECT count(*) FROM {table}"))

    def largest_id(self, table: str) -> int:
        """The largest id in the table; 0 when it is empty."""
        return int(self._value(f"SELECT coalesce(max(id), 0) FROM {table}"))

    def contacts(self) -> Iterator[list[OriginalContact]]:
        """Every contact in batches, ascending by id."""
        return self._batches("contacts", CONTACTS, OriginalContact._make)

    def tickets(self) -> Iterator[list[OriginalTicket]]:
        """Every ticket in batches, ascending by id."""
        return self._batches("tickets", TICKETS, _ticket)

    def _value(self, query: str) -> Any:
        with _one_line_errors(), self._connection.cursor() as cursor:
            return (cursor.execute(query).fetchone() or [None])[0]

    def _batches(self, name: str, query: str, make: Callable[[tuple[Any, ...]], Row]) -> Iterator[list[Row]]:
        with _one_line_errors(), self._connection.cursor(name) as cursor:  # a server-side cursor
            cursor.execute(query)
            while rows := cursor.fetchmany(BATCH):
                yield [make(row) for row in rows]


def _ticket(row: tuple[Any, ...]) -> OriginalTicket:
    number, text, status, created_at, *contact = row
    return OriginalTicket(number, text, status, created_at, OriginalContact._make(contact))


@contextmanager
def open_original(url: str) -> Iterator[Original]:
    """The database at the URL, in one read-only transaction.

    Raises OriginalError when the URL is malformed, the server cannot be reached, or the tables are not an original's.
    """
    with _one_line_errors():
        connection = psycopg.connect(_plain(url), connect_timeout=CONNECT_TIMEOUT, client_encoding="utf8")
    with connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with _one_line_errors():
            _check_tables(connection)
        yield Original(connection)


def _plain(url: str) -> str:
    """The URL for libpq, without the driver that SQLAlchemy's URLs name. Raises OriginalError."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in SCHEMES and bool(parts.hostname) and len(parts.path) > 1
    except ValueError:
        valid = False
    if not valid:
        raise OriginalError(f"this is not the URL of a PostgreSQL database; {URL_EXPECTED}.")
    return url.replace("+asyncpg", "", 1) if parts.scheme.endswith("+asyncpg") else url


def _check_tables(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name IN ('contacts', 'tickets')"
    ).fetchall()
    types = {(table, column): type_ for table, column, type_ in rows}
    missing = [f"{table}.{column}" for table, columns in COLUMNS.items() for column in columns - _of(types, table)]
    if missing:
        raise OriginalError(f"these are not an original's tables: there is no {', no '.join(sorted(missing))}.")
    if {types[table, "created_at"] for table in COLUMNS} != {NAIVE}:
        # For example this service's own tables, which have the same columns.
        raise OriginalError(f"these are not an original's tables: their created_at is no {NAIVE}.")


def _of(types: dict[tuple[str, str], str], table: str) -> set[str]:
    return {column for each, column in types if each == table}


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turns errors of the driver into OriginalError, in one line."""
    try:
        yield
    except (psycopg.Error, UnicodeError) as error:
        raise OriginalError(" ".join(str(error).split())) from error
