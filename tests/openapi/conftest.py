"""The OpenAPI document of the running service, and an API key with every scope."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tests.service import Service

SCOPES = ("tickets:create", "tickets:read", "tickets:resolve")


@pytest.fixture
def document(service: Service) -> dict[str, Any]:
    content: dict[str, Any] = service.request("GET", "/openapi.json").json()
    return content


@pytest.fixture(scope="session")
def running_guarded(start_service: Callable[..., Service]) -> Service:
    return start_service(API_ACCESS="key")


@pytest.fixture
def guarded(running_guarded: Service, database: None) -> Service:
    """The API with `API_ACCESS=key`, on empty tables."""
    return running_guarded


@pytest.fixture
def api_key(database: None) -> str:
    """A key with every scope."""
    made = StringIO()
    call_command("create_api_key", "client", *(f"--scope={scope}" for scope in SCOPES), stdout=made, stderr=StringIO())
    return made.getvalue().strip()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what `thorough.py` tried, a line per run."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for line in sorted(str(value) for each in reports for name, value in each.user_properties if name == "tried"):
        terminalreporter.write_line(line)
