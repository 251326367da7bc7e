"""`gunicorn.conf.py`: what operators set is heeded and left alone, what clients claim is not believed."""

import os
import re
import socket
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path

import psutil
import pytest

from tests.processes import Gunicorn, wait_until
from tests.service import WAIT_LIMIT

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


HOP_HEADERS = [
    *("SCRIPT_NAME: /x", "Script-Name: /x", "PATH_INFO: /x", "Path-Info: /x", "X-Script-Name: /x"),
    *("REMOTE_USER: admin", "Remote-User: admin", "REMOTE_ADDR: 192.0.2.1", "SERVER_NAME: evil.example"),
    *("QUERY_STRING: limit=2", "REQUEST_METHOD: DELETE", "X-HTTP-Method-Override: DELETE"),
    *("X-Original-URL: /health", "X-Rewrite-URL: /health", "X-Real-IP: 192.0.2.1"),
    *("Forwarded: for=192.0.2.1;proto=https;host=evil.example", "X-Forwarded-For: 192.0.2.1"),
    *("X-Forwarded-Host: evil.example", "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /x", "X-Forwarded-User: admin"),
    *("X-Forwarded-Proto: https", "X-Forwarded-Protocol: ssl", "X-Forwarded-Ssl: on", "X-Forwarded-Scheme: https"),
    "X-Forwarded-Proto: http\r\nX-Forwarded-Ssl: on",
]
TICKETS = "/api/v1/tickets"


def answer(service: Gunicorn, target: str, header: str) -> tuple[int, list[str | None], list[str]]:
    """Status, Location, Link and HSTS headers, and the URLs in the page, of a request with this header line."""
    method, _, path = target.partition(" ")
    body = b'{"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}' if method == "POST" else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: desk.localhost\r\nContent-Length: {len(body)}\r\n{header}\r\n"
    with socket.create_connection(service.address, timeout=WAIT_LIMIT) as client:
        client.sendall(f"{head}Content-Type: application/json\r\nConnection: close\r\n\r\n".encode() + body)
        response = HTTPResponse(client)
        response.begin()
        page = response.read().decode()
    headers = [response.getheader(name) for name in ("Location", "Link", "Strict-Transport-Security")]
    return response.status, headers, re.findall(r'(?:href|src|action)="([^"]*)"', page)


@pytest.fixture(scope="module")
def bare(start_service: Start) -> Gunicorn:
    return start_service(ALLOWED_HOSTS="desk.localhost")


@pytest.mark.parametrize(
    "target", [f"GET {TICKETS}?limit=1", "GET /", "GET /admin", "GET /admin/", "GET /admin/login/"]
)
def test_no_client_says_where_the_service_is_or_who_asks(bare: Gunicorn, database: None, target: str) -> None:
    for _ in range(2):
        bare.open_ticket()
    usual = answer(bare, target, "Accept: */*")
    assert usual[0] < 400
    assert "desk.localhost" in str(usual) or "limit" not in target
    assert {header: answer(bare, target, header) for header in HOP_HEADERS} == dict.fromkeys(HOP_HEADERS, usual)


def test_no_client_says_where_its_ticket_is(bare: Gunicorn, database: None) -> None:
    for header in HOP_HEADERS:
        status, (location, *_), _ = answer(bare, f"POST {TICKETS}", header)
        assert status == 201, header
        assert re.fullmatch("/api/v1/tickets/[0-9]+", str(location)), header


def test_with_https_only_the_proxys_word_for_the_scheme_counts(start_service: Start, database: None) -> None:
    service = start_service(HTTPS_ONLY="on", SECRET_KEY="0123456789" * 6, ALLOWED_HOSTS="desk.localhost")
    https = [header for header in HOP_HEADERS if answer(service, "GET /docs", header)[0] == 200]
    assert https == ["X-Forwarded-Proto: https"]
    service.stop()


@pytest.mark.parametrize("name", ["REMOTE_USER", "Remote-User"])
def test_no_client_says_who_it_is(start_service: Start, database: None, name: str) -> None:
    service = start_service(API_ACCESS="key", WEB_CONCURRENCY="1")
    assert service.request("GET", "/api/v1/tickets", headers={name: "admin"}).status_code == 401
    service.stop()
