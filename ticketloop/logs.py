"""The log: one line for each event, as JSON for machines or as text for people.

Only the fields named here are written, so that nothing gets in by accident: no bodies, no query strings, no secrets.
structlog was measured: with it a line takes more than twice as long, and every request writes one.
"""

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import time
from typing import Any

import orjson
from django.conf import settings

from core import request_id

# What no line tells is not looked up for each of them: Python's "Logging HOWTO" names these switches.
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

STDERR = 2  # where the handler writes, too
FIELDS = ("method", "route", "status", "duration_ms", "key", "delivery", "receiver", "webhook_id", "attempt", "reason")


def fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is told besides the message, of a record's attributes."""
    found = {name: values[name] for name in FIELDS if values.get(name) is not None}
    if found_id := values.get("request_id") or request_id.current.get():
        found["request_id"] = found_id
    return found


def _json(logger: str, level: int, created: float, event: str, values: Mapping[str, Any]) -> bytes:
    line = {
        "timestamp": datetime.fromtimestamp(created, UTC),
        "level": logging.getLevelName(level).lower(),
        "logger": logger,
        "event": event,
        **values,
    }
    return orjson.dumps(line, option=orjson.OPT_UTC_Z, default=str)


class JsonFormatter(logging.Formatter):
    """A JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        values = fields(record.__dict__)
        if record.exc_info:
            values["exception"] = self.formatException(record.exc_info)
        return _json(record.name, record.levelno, record.created, record.getMessage(), values).decode()


def log(logger: logging.Logger, level: int, event: str, values: Mapping[str, Any]) -> None:
    """As `logger.log(level, event, extra=values)`, which takes three times as long, for what each request writes."""
    if settings.LOG_FORMAT == "text":
        logger.log(level, event, extra=values)
    elif logger.isEnabledFor(level):
        with suppress(OSError):  # nobody reads the log; a handler would go on, too
            os.write(STDERR, _json(logger.name, level, time(), event, fields(values)) + b"\n")


class TextFormatter(logging.Formatter):
    """A line to read, with the fields as `name=value`."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base class's name
        return " ".join(
            [super().formatMessage(record), *map("=".join, map(_readable, fields(record.__dict__).items()))]
        )


def _readable(field: tuple[str, Any]) -> tuple[str, str]:
    name, text = field[0], str(field[1])
    return name, f'"{text}"' if " " in text else text
