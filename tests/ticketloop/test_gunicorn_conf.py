"""`gunicorn.conf.py`: what operators set is heeded and left alone, what clients claim is not believed."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.processes import Gunicorn, wait_until

Start = Callable[..., Gunicorn]
METRICS_TOKEN = "0123456789abcdef"


def workers(service: Gunicorn) -> set[int]:
    return {child.pid for child in psutil.Process(service.process.pid).children()}


def test_the_access_log_can_be_switched_on(start_service: Start, database: None) -> None:
    service = start_service(GUNICORN_CMD_ARGS="--access-logfile -")
    assert service.request("GET", "/api/v1/tickets?limit=7").status_code == 200
    service.wait_for_output('"GET /api/v1/tickets?limit=7 HTTP/1.1" 200')
    service.stop()


def test_workers_can_be_replaced_after_so_many_requests(start_service: Start, database: None) -> None:
    service = start_service(GUNICORN_CMD_ARGS="--max-requests 20", WEB_CONCURRENCY="1")
    before = workers(service)
    for _ in range(60):
        assert service.request("GET", "/api/v1/tickets?limit=1").status_code == 200
    wait_until(lambda: workers(service).isdisjoint(before), what="another worker")
    service.stop()


def test_another_kind_of_worker_serves_as_well(start_service: Start, database: None) -> None:
    service = start_service(GUNICORN_CMD_ARGS="--worker-class sync --threads 1")
    opened = service.open_ticket()
    assert opened.status_code == 201
    assert opened.headers["Connection"] == "close"  # gunicorn's sync workers keep no connection
    assert service.request("GET", opened.headers["Location"]).json() == opened.json()
    service.stop()


def test_the_folder_of_metrics_that_an_operator_names_is_kept(
    start_service: Start, database: None, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    service = start_service(PROMETHEUS_MULTIPROC_DIR=str(theirs), METRICS_TOKEN=METRICS_TOKEN)
    service.request("GET", "/api/v1/tickets")
    service.stop()
    assert list(theirs.iterdir())


def test_our_own_folder_of_metrics_is_deleted_at_the_end(start_service: Start, database: None) -> None:
    service = start_service(METRICS_TOKEN=METRICS_TOKEN)
    service.request("GET", "/api/v1/tickets")
    files = [Path(file.path) for pid in workers(service) for file in psutil.Process(pid).open_files()]
    (ours,) = {file.parent for file in files if file.parent.name.startswith("ticketloop-metrics-")}
    os.kill(service.process.pid, 1)  # SIGHUP: the settings are read again
    service.wait_for_output("Hang up")
    service.request("GET", "/api/v1/tickets")
    assert service.stop() == 0
    assert not ours.exists()


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "PATH_INFO", "Path-Info"])
def test_no_client_says_where_the_service_is_mounted(service: Gunicorn, name: str) -> None:
    headers = {name: "/x"}
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
    opened = service.request("POST", "/api/v1/tickets", json=ticket, headers=headers)
    assert opened.status_code == 201
    assert re.fullmatch("/api/v1/tickets/[0-9]+", opened.headers["Location"])
    page = service.request("GET", "/api/v1/tickets?limit=1", headers=headers)
    assert page.links["first"]["url"] == f"{service.url}/api/v1/tickets?limit=1"


@pytest.mark.parametrize("name", ["REMOTE_USER", "Remote-User"])
def test_no_client_says_who_it_is(start_service: Start, database: None, name: str) -> None:
    service = start_service(API_ACCESS="key", WEB_CONCURRENCY="1")
    assert service.request("GET", "/api/v1/tickets", headers={name: "admin"}).status_code == 401
    service.stop()
