"""Format of log lines, and the data that they must not contain."""

import json
import logging
import logging.config
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.db import Error, connection

from core import request_id

Lines = Callable[[], list[str]]
logger = logging.getLogger("tests.logs")


@pytest.fixture
def log(request: pytest.FixtureRequest) -> Lines:
    """What the handler of the settings has written for `logger`; the parameter, if any, is LOG_FORMAT."""
    stream = StringIO()
    configuration: dict[str, Any] = {**settings.LOGGING}
    console = {**configuration["handlers"]["console"], "formatter": getattr(request, "param", "json"), "stream": stream}
    own = {"handlers": ["console"], "propagate": False, "level": "INFO"}
    del configuration["root"]
    logging.config.dictConfig({**configuration, "handlers": {"console": console}, "loggers": {logger.name: own}})
    return lambda: stream.getvalue().splitlines()


def test_a_line_is_an_object_with_the_allowed_fields(log: Lines) -> None:
    token = request_id.current.set("order-4711")
    try:
        logger.warning("%s failed", "attempt", extra={"status": 500, "reason": None, "body": "a secret"})
    finally:
        request_id.current.reset(token)
    (line,) = map(json.loads, log())
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "warning",
        "logger": "tests.logs",
        "event": "attempt failed",
        "status": 500,
        "request_id": "order-4711",
    }


def test_a_mapping_is_no_way_round_the_allowed_fields(log: Lines) -> None:
    logger.info({"status": 200, "body": "x"})
    (line,) = map(json.loads, log())
    assert set(line) == {"timestamp", "level", "logger", "event"}


@pytest.mark.parametrize("log", ["text"], indirect=True)
def test_a_line_of_text_ends_with_the_fields(log: Lines) -> None:
    logger.info("request", extra={"method": "GET", "reason": "two words", "body": "a secret"})
    (line,) = log()
    assert line.endswith(' INFO tests.logs: request method=GET reason="two words"')


def raised(statement: str) -> Exception:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except Error as error:
        return error
    raise AssertionError("no error")


def caused(error: Exception) -> Exception:
    try:
        raise ValueError(f"while saving: {error}") from error
    except ValueError as other:
        return other


def context(error: Exception) -> dict[str, Any]:
    return {"args": "x", "exc": repr(error), "traceback": str(error)}


@pytest.mark.django_db
@pytest.mark.parametrize("log", ["json", "text"], indirect=True)
@pytest.mark.parametrize(
    "write",
    [
        lambda error: logger.error("failed: %s", error),
        lambda error: logger.error(error),
        lambda error: logger.error(f"failed: {error!r}", exc_info=error),
        lambda error: logger.error("failed", exc_info=error),
        lambda error: logger.error("failed", exc_info=caused(error)),
        lambda error: logger.error("failed", exc_info=ExceptionGroup("several", [error])),
        lambda error: logger.error("failed: %(exc)s %(traceback)s", context(error), exc_info=error),
    ],
    ids=["argument", "message", "quoted", "traceback", "cause", "group", "as Celery does"],
)
def test_an_error_of_postgresql_quotes_no_row(log: Lines, write: Callable[[Exception], None]) -> None:
    write(
        raised(
            "DO $$BEGIN RAISE unique_violation USING MESSAGE = 'it is there already', "
            "DETAIL = 'Key (name)=(it''s my \"secret\"\nand more of my secret) exists.'; END$$"
        )
    )
    written = "\n".join(log())
    assert "it is there already" in written
    assert "secret" not in written
    assert "PL/pgSQL" not in written  # CONTEXT


@pytest.mark.django_db
@pytest.mark.parametrize("log", ["text"], indirect=True)
@pytest.mark.parametrize(("condition", "is_outage"), [("deadlock_detected", True), ("undefined_column", False)])
def test_an_outage_is_one_line_and_a_bug_has_its_traceback(log: Lines, condition: str, is_outage: bool) -> None:
    error = raised(f"DO $$BEGIN RAISE {condition} USING MESSAGE = 'oh no'; END$$")
    logger.error("Message Error: %s\n%s", error, "where it was sent", exc_info=error)
    written = log()
    assert "oh no" in written[0]
    assert (len(written) == 1) == is_outage
