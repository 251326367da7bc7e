"""`manage.py create_api_key` prints a new key for scripts."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from access.models import ApiKey
from tests.service import Service


def test_the_command_prints_the_key_alone(service: Service) -> None:
    printed, told = StringIO(), StringIO()
    options = ("--scope", "tickets:read", "--days", "90")
    call_command("create_api_key", "nightly report", *options, stdout=printed, stderr=told)
    text = printed.getvalue().strip()
    assert service.request("GET", "/api/v1/tickets", headers={"Authorization": f"Api-Key {text}"}).ok
    key = ApiKey.objects.get()
    assert (key.name, key.scopes) == ("nightly report", ["tickets:read"])
    assert key.expires_at
    assert (key.expires_at - key.created_at).days in {89, 90}
    assert text not in told.getvalue()


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
def test_the_command_says_what_is_wrong(database: None, arguments: list[str], told: str) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("create_api_key", *arguments)
    assert not ApiKey.objects.exists()
