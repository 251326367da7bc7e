"""`manage.py create_api_key` makes a key for a script to catch."""

import os
import subprocess
import sys

import pytest

from access.models import ApiKey
from tests.processes import ROOT, Service


def manage(database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
    )


def test_the_command_prints_the_key_alone(service: Service, database_url: str) -> None:
    made = manage(database_url, "create_api_key", "nightly report", "--scope", "tickets:read", "--days", "90")
    assert made.returncode == 0, made.stderr
    text = made.stdout.strip()
    assert service.request("GET", "/api/v1/tickets", headers={"Authorization": f"Api-Key {text}"}).ok
    key = ApiKey.objects.get()
    assert (key.name, key.scopes) == ("nightly report", ["tickets:read"])
    assert key.expires_at
    assert (key.expires_at - key.created_at).days in {89, 90}
    assert text not in made.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["shop"], "--scope"),
        (["shop", "--scope", "everything"], "tickets:create"),
        ([" ", "--scope", "tickets:read"], "name"),
        (["x" * 101, "--scope", "tickets:read"], "100"),
        (["shop", "--scope", "tickets:read", "--days", "0"], "--days"),
        (["shop", "--scope", "tickets:read", "--days", "99999999999"], "--days"),
    ],
)
def test_the_command_says_what_is_wrong(service: Service, database_url: str, arguments: list[str], told: str) -> None:
    refused = manage(database_url, "create_api_key", *arguments)
    assert refused.returncode != 0
    assert told in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not ApiKey.objects.exists()
