"""A service restored from pg_dump is complete and sends its pending deliveries."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from local.postgres import BINARIES, without_password
from tests.processes import Gunicorn, Process
from tests.receiver import RecordingReceiver
from webhooks.models import Event

RESTORED = "restored"


@pytest.fixture
def restored_url(database_url: str) -> Iterator[str]:
    """An empty database beside the suite's own."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {RESTORED}")
    yield f"{database_url.rpartition('/')[0]}/{RESTORED}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {RESTORED} WITH (FORCE)")


def run(program: str, url: str, *arguments: str) -> None:
    database, password = without_password(url)
    command = [str(BINARIES / program), f"--dbname={database}", *arguments]
    subprocess.run(command, env={**os.environ, **password}, check=True)


def test_a_restored_dump_shows_the_same_tickets_and_sends_what_was_owed_under_the_same_ids(
    service: Gunicorn,
    start_worker: Callable[..., Process],
    start_service: Callable[..., Gunicorn],
    receiver: RecordingReceiver,
    database_url: str,
    restored_url: str,
    tmp_path: Path,
) -> None:
    service.open_ticket()
    service.open_ticket(email="eve@example.com", issue_description="It's <broken>.")
    before = service.request("GET", "/api/v1/tickets").content
    owed = {event.message_id: event.payload for event in Event.objects.all()}
    run("pg_dump", database_url, "--format=custom", f"--file={tmp_path / 'dump'}")
    run("pg_restore", restored_url, "--no-owner", "--exit-on-error", str(tmp_path / "dump"))

    restored = start_service(DATABASE_URL=restored_url, WEB_CONCURRENCY="1")
    assert restored.request("GET", "/api/v1/tickets").content == before
    start_worker(DATABASE_URL=restored_url, concurrency=1)
    restored.open_ticket()
    arrived = {each.headers["webhook-id"]: each.body.decode() for each in receiver.wait_for(3)}
    assert arrived.items() >= owed.items()
    assert len(arrived) == 3
    restored.stop()
