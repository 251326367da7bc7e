"""Formatters and filters of the log: one line per event, as JSON or text.

Fields are on an allow-list, so that bodies, query strings and secrets cannot get into the log by accident.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from pythonjsonlogger.core import RESERVED_ATTRS, LogData
from pythonjsonlogger.orjson import OrjsonFormatter

from core import request_id
from core.broker import BROKER_ERRORS
from core.database_errors import is_temporary

FIELDS = (
    *("method", "route", "status", "duration_ms", "key"),
    *("delivery", "receiver", "webhook_id", "attempt", "reason"),
    "request_id",
)
STANDARD = {*RESERVED_ATTRS, "taskName"}  # attributes that logging itself sets on each record


class AllowedFields(logging.Filter):
    """Removes extra fields that are not in FIELDS, and adds the id of the current request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, Mapping):
            record.msg = str(record.msg)  # the JSON formatter would write its keys as fields
        if not getattr(record, "request_id", None):
            record.request_id = request_id.current.get()
        for name in record.__dict__.keys() - STANDARD:
            if name not in FIELDS or getattr(record, name) in (None, ""):
                delattr(record, name)
        return True


class Outages(logging.Filter):
    """Cuts records about a database or broker that cannot be had to one line: beat and tasks log them each second."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info and record.exc_info[1]
        if error and (is_temporary(error) or isinstance(error, BROKER_ERRORS)):
            record.msg, record.args, record.exc_info = record.getMessage().partition("\n")[0], (), None
        return True


class DatabaseErrors(logging.Filter):
    """Reduces PostgreSQL's errors to their primary message: DETAIL and CONTEXT quote column values (personal data).

    Changes the exceptions themselves, as formatters print their traceback. PostgreSQL's own log keeps the full message.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
        errors = list(_exceptions([record.msg, *arguments, record.exc_info and record.exc_info[1]]))
        for error in errors:
            if isinstance(error, psycopg.Error) and (primary := error.diag.message_primary) and (full := str(error)):
                _replace(full, primary, errors, record)
        return True


def _exceptions(values: list[object]) -> Iterator[BaseException]:
    """The exceptions among these values, with their causes, contexts and members of groups."""
    seen: set[int] = set()
    while values:
        error = values.pop()
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            values += [error.__cause__, error.__context__]
            if isinstance(error, BaseExceptionGroup):
                values += error.exceptions


def _replace(full: str, primary: str, errors: list[BaseException], record: logging.LogRecord) -> None:
    """Replaces a full message by its primary part in the exceptions and in the record, which may quote their repr()."""
    forms = (full, repr(full)[1:-1])

    def shortened(value: object) -> object:
        if isinstance(value, str):
            for form in forms:
                value = value.replace(form, primary)
        return value

    for error in errors:
        error.args = tuple(map(shortened, error.args))
    record.msg = shortened(record.msg)
    if isinstance(record.args, Mapping):
        record.args = {name: shortened(value) for name, value in record.args.items()}
    else:
        record.args = tuple(map(shortened, record.args or ()))


class JsonFormatter(OrjsonFormatter):
    """Formats a record as a JSON object, with the time in UTC and the level in lower case."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

    def process_log_record(self, log_data: LogData) -> LogData:
        return {**log_data, "level": log_data["level"].lower()}


class TextFormatter(logging.Formatter):
    """Formats a record for people, with the fields as `name=value`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = [(name, getattr(record, name)) for name in FIELDS if hasattr(record, name)]
        record.fields = "".join(f" {name}={_quoted(value)}" for name, value in fields)
        return super().format(record)


def _quoted(value: Any) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text
