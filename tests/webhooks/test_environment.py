"""`manage.py prepare`: WEBHOOK_URL is a receiver that follows the environment; the first superuser is made once."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from pytest_django import Settings

from webhooks.models import Receiver

pytestmark = pytest.mark.usefixtures("database")
Prepare = Callable[..., str]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def prepare(settings: Settings) -> Prepare:
    """Runs the command with these settings."""

    def run(**values: object) -> str:
        said = StringIO()
        for name, value in {"WEBHOOK_URL": "", **values}.items():
            setattr(settings, name, value)
        call_command("prepare", stdout=said)
        return said.getvalue()

    return run


def test_the_receiver_follows_the_environment(prepare: Prepare) -> None:
    prepare(WEBHOOK_URL="https://example.com/one")
    receiver = Receiver.objects.get()
    assert (receiver.source, receiver.url, receiver.events) == (
        *("environment", "https://example.com/one"),
        ["ticket.created"],
    )
    prepare(WEBHOOK_URL="https://example.com/two", WEBHOOK_TIMEOUT=3)
    changed = Receiver.objects.get()
    assert (changed.pk, changed.url, changed.timeout, changed.secret) == (
        *(receiver.pk, "https://example.com/two", 3),
        receiver.secret,
    )
    prepare(WEBHOOK_URL="https://example.com/two", WEBHOOK_SECRET=SECRET)
    assert Receiver.objects.get().secret == SECRET
    prepare()
    assert not Receiver.objects.get().enabled


def test_the_first_superuser_is_made_once(prepare: Prepare) -> None:
    first = prepare()
    assert "created the superuser admin with password" in first
    user = get_user_model().objects.get()
    assert user.check_password(first.split()[-1])
    assert prepare() == ""


def test_the_first_superuser_is_the_environment_s(prepare: Prepare) -> None:
    said = prepare(
        ADMIN_USERNAME="grace", ADMIN_PASSWORD="a long secret", ADMIN_EMAIL=["grace@example.com", "boss@example.com"]
    )
    user = get_user_model().objects.get()
    assert (user.get_username(), user.email, user.is_superuser) == ("grace", "grace@example.com", True)
    assert user.check_password("a long secret")
    assert "a long secret" not in said
