"""The log: one line for each event, as JSON for machines or as text for people.

Only the fields named here are written, so that nothing gets in by accident: no bodies, no query strings, no secrets.
structlog was measured: with it a line takes more than twice as long, and every request writes one.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from ticketloop import request_id

# What no line tells is not looked up for each of them: Python's "Logging HOWTO" names these switches.
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

FIELDS = ("method", "route", "status", "duration_ms", "key", "delivery", "receiver", "webhook_id", "attempt", "reason")


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """What the record carries besides its message."""
    values = record.__dict__
    found = {name: values[name] for name in FIELDS if values.get(name) is not None}
    if found_id := values.get("request_id") or request_id.current.get():
        found["request_id"] = found_id
    return found


class JsonFormatter(logging.Formatter):
    """A JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **fields(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, option=orjson.OPT_UTC_Z, default=str).decode()


class TextFormatter(logging.Formatter):
    """A line to read, with the fields as `name=value`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        return " ".join([super().formatMessage(record), *map("=".join, map(_readable, fields(record).items()))])


def _readable(field: tuple[str, Any]) -> tuple[str, str]:
    name, text = field[0], str(field[1])
    return name, f'"{text}"' if " " in text else text
