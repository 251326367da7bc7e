"""Django's signals, by which monitoring tools see requests, are sent for every request; pages alone have a session."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client


@pytest.fixture
def seen() -> Iterator[list[str]]:
    """The names of the signals that were sent."""
    names: list[str] = []

    def started(**kwargs: Any) -> None:
        names.append("started " + kwargs["environ"]["PATH_INFO"])

    def finished(**kwargs: Any) -> None:
        names.append("finished")

    request_started.connect(started)
    request_finished.connect(finished)
    yield names
    request_started.disconnect(started)
    request_finished.disconnect(finished)


@pytest.mark.parametrize("path", ["/api/v1/tickets", "/api/v1/tickets/1", "/api/v1/nowhere", "/health", "/docs"])
def test_every_request_is_told(database: None, seen: list[str], path: str) -> None:
    response = Client().get(path, headers={"host": "localhost"})
    if response.streaming:
        list(response)
    assert seen == [f"started {path}", "finished"]


@pytest.mark.parametrize("cookie", [False, True])
def test_a_request_of_the_api_has_a_session_only_if_it_brings_one(database: None, cookie: bool) -> None:
    client = Client()
    if cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = "unknown"
    answer = client.get("/api/v1/tickets?limit=1", headers={"host": "localhost"})
    assert answer.status_code == 200
    assert hasattr(answer.wsgi_request, "session") == cookie
