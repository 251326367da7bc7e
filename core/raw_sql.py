"""Runs statements of our own straight through libpq: the shortest way from a request to PostgreSQL and back.

The statements that the API consists of write their JSON themselves, so nothing is left for a cursor to adapt.
psycopg's takes some 40 % more processor time for one ticket, and Django's, which wraps it, more still. Everything else
uses those.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Error as PsycopgError
from psycopg.errors import DataError
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult

from core.postgresql import lending
from core.postgresql.base import DatabaseWrapper, checked

MARK = re.compile(r"%\((\w+)\)s")

Row = tuple[Any, ...]  # of bytes: the text of each value, None for NULL


class _Query(NamedTuple):
    """A statement as PostgreSQL wants it, with `$1` for the first of these names of values; and its own name."""

    text: bytes
    names: list[str]
    name: bytes


def fetch_all(statement: str, values: Mapping[str, object], *, prepare: bool = True) -> list[Row]:
    """The rows of a statement with marks like `%(name)s`; raises `django.db.Error`.

    PostgreSQL plans it once for each connection, or with `prepare=False` each time, for these values. A statement
    outside `atomic` is its own transaction; inside it joins that.
    """
    own = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    if own.in_atomic_block:
        return _fetch(own, statement, values, prepare)
    database = lending.borrow()
    try:
        return _fetch(database, statement, values, prepare)
    finally:
        lending.give_back(database)


def fetch_one(statement: str, values: Mapping[str, object]) -> Row | None:
    """The first row, if there is any."""
    rows = fetch_all(statement, values)
    return rows[0] if rows else None


def is_refused(error: Exception) -> bool:
    """Whether PostgreSQL itself refused what raised this, and the connection goes on.

    Nothing is left then of a statement outside `atomic`; where the connection ended, it may have been committed.
    """
    cause = error.__cause__
    return isinstance(cause, PsycopgError) and cause.diag.severity_nonlocalized == "ERROR"


def _fetch(database: DatabaseWrapper, statement: str, values: Mapping[str, object], prepare: bool) -> list[Row]:
    database.ensure_connection()
    with database.wrap_database_errors:
        result = _execute(database, _compile(statement), values, prepare and settings.PREPARED_STATEMENTS)
        columns = range(result.nfields)
        return [tuple([result.get_value(row, column) for column in columns]) for row in range(result.ntuples)]


def _execute(database: DatabaseWrapper, query: _Query, values: Mapping[str, object], prepare: bool) -> PGresult:
    libpq = database.libpq
    if not database.autocommit and libpq.transaction_status == TransactionStatus.IDLE:
        checked(libpq.exec_(b"BEGIN"))  # which psycopg leaves to the first statement
    parameters: list[Any] = [_text(values[name]) for name in query.names]  # None for NULL, which its type leaves out
    if not prepare:
        return checked(libpq.exec_params(query.text, parameters))
    database.prepare(query.name, query.text)
    return checked(libpq.exec_prepared(query.name, parameters))


def _text(value: object) -> bytes | None:
    """A value as PostgreSQL reads it, whatever the column's type; of lists those of texts and numbers."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    text = "{" + ",".join(map(_element, value)) + "}" if isinstance(value, list) else str(value)
    if "\0" in text:
        raise DataError("PostgreSQL stores no NUL")  # libpq would take it for the end of the text
    return text.encode()


def _element(value: object) -> str:
    """A value in an array (PostgreSQL's documentation, section 8.15.6)."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return "NULL" if value is None else str(value)


@lru_cache(maxsize=1000)
def _compile(statement: str) -> _Query:
    names = list(dict.fromkeys(MARK.findall(statement)))
    text = MARK.sub(lambda mark: f"${names.index(mark[1]) + 1}", statement).encode()
    return _Query(text, names, f"tl_{sha256(text).hexdigest()[:20]}".encode())
