"""Each request has an id, which its answer, the log, its deliveries and their attempts name; the log keeps secrets."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import requests
from django.db import connection

from access import keys
from access.scopes import Scope
from tests.processes import Gunicorn, Process, closed_port, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import WAIT_LIMIT
from webhooks.models import Attempt, Delivery, Event, Receiver


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """Its log is what is read."""
    return gunicorn


def lines(process: Process, request_id: str) -> list[dict[str, Any]]:
    """The log's lines about one request."""
    complete, _, _ = process.output().rpartition("\n")
    found = [json.loads(line) for line in complete.splitlines() if request_id in line]
    return [line for line in found if line["request_id"] == request_id]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/tickets"),
        ("GET", "/api/v1/tickets/1"),
        ("POST", "/api/v1/tickets"),
        ("DELETE", "/api/v1/tickets"),
        ("GET", "/api/nowhere"),
        ("GET", "/nowhere"),
        ("GET", "/health"),
        ("GET", "/docs"),
        ("GET", "/admin/"),
        ("GET", "/static/admin/css/base.css"),
    ],
)
def test_every_answer_has_an_id_of_its_own(service: Gunicorn, method: str, path: str) -> None:
    first, second = (service.request(method, path).headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert first != second


def test_a_request_for_a_foreign_host_has_one_too(service: Gunicorn) -> None:
    response = service.request("GET", "/api/v1/tickets", headers={"Host": "evil.example.com"})
    assert response.status_code == 400
    assert response.headers["X-Request-ID"]


@pytest.mark.parametrize("sane", ["a", "f" * 128, "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", "Root=1-67891233:abc/+~._"])
def test_a_sane_id_is_kept(service: Gunicorn, sane: str) -> None:
    assert service.request("GET", "/health", headers={"X-Request-ID": sane}).headers["X-Request-ID"] == sane


@pytest.mark.parametrize("insane", ["", "f" * 129, "a b", "a,b", "<b>", '"', "ada@example.com", "é", "{}"])
def test_any_other_is_replaced(service: Gunicorn, insane: str) -> None:
    response = service.request("GET", "/health", headers={"X-Request-ID": insane.encode("latin-1")})
    assert response.status_code == 200
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_the_log_has_one_line_for_each_request(service: Gunicorn) -> None:
    key, text = keys.create("shop", [Scope.READ])
    headers = {"Authorization": f"Api-Key {text}"}
    for path, route, status in [
        ("/api/v1/tickets", "/api/v1/tickets", 200),
        ("/api/v1/tickets/17/", "/api/v1/tickets/{id}", 404),
        ("/api/v1/nowhere", "-", 404),
    ]:
        response = service.request("GET", path, headers=headers)
        (line,) = wait_until(partial(lines, service, response.headers["X-Request-ID"]), what="a line")
        expected = {"level": "info", "event": "request", "method": "GET", "route": route, "status": status}
        assert {**line, **expected} == line
        assert 0 < line["duration_ms"] < 30_000
        assert line["timestamp"].endswith("Z")
        assert line.get("key") == (key.prefix if route != "-" else None)


def test_probes_are_not_logged(service: Gunicorn) -> None:
    request_id = service.request("GET", "/health").headers["X-Request-ID"]
    last = service.request("GET", "/api/v1/tickets/1").headers["X-Request-ID"]
    wait_until(lambda: lines(service, last), what="a line")
    assert not lines(service, request_id)


def test_a_list_that_its_client_does_not_read_to_the_end_is_no_200(service: Gunicorn) -> None:
    service.open_ticket()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tickets (contact_id, issue_description) SELECT id, repeat('x', 10000) FROM contacts, "
            "generate_series(1, 3000)"
        )
    with requests.get(f"{service.url}/api/v1/tickets", stream=True, timeout=WAIT_LIMIT) as answer:
        broken = answer.headers["X-Request-ID"]
        assert next(answer.iter_content(1)) == b"["
    (line,) = wait_until(lambda: lines(service, broken), what="a line")
    assert line["status"] == 499
    for method in ("GET", "HEAD"):
        whole = service.request(method, "/api/v1/tickets").headers["X-Request-ID"]
        (line,) = wait_until(partial(lines, service, whole), what="a line")
        assert line["status"] == 200


def test_the_log_has_neither_personal_data_nor_secrets(service: Gunicorn, start_worker: Callable[..., Process]) -> None:
    Receiver.objects.create(url=f"http://127.0.0.1:{closed_port()}/hook-t0ken?token=s3cret", events=["ticket.created"])
    worker = start_worker()
    _, text = keys.create("shop", [Scope.CREATE])
    secrets = ["grace.hopper", "Hopper", "nanosecond", text.rpartition("_")[2], "c0okie", "hook-t0ken", "s3cret"]
    ticket = {"full_name": "Grace Hopper", "email": "grace.hopper@example.com", "issue_description": "a nanosecond"}
    headers = {"Authorization": f"Api-Key {text}", "Cookie": "sessionid=c0okie"}
    assert service.request("POST", "/api/v1/tickets", json=ticket, headers=headers).status_code == 201
    for path in ("/api/v1/tickets", "/api/v1/tickets/x", "/api/v1/nowhere", "/nowhere"):
        for method in ("GET", "POST", "DELETE"):
            service.request(method, f"{path}?email=grace.hopper@example.com&q=Hopper", headers=headers, json="Hopper")
    service.request("GET", "/grace.hopper@example.com")
    worker.wait_for_output("attempt failed")
    written = service.output() + worker.output()
    assert [secret for secret in secrets if secret in written] == []


def test_neither_has_the_line_of_an_error_of_ours(service: Gunicorn) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tickets ADD CONSTRAINT ours CHECK (issue_description <> 'my secret')")
    try:
        answer = service.open_ticket(issue_description="my secret")
        assert answer.status_code == 500
        wait_until(lambda: len(lines(service, answer.headers["X-Request-ID"])) == 2, what="two lines")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tickets DROP CONSTRAINT ours")
    both = json.dumps(lines(service, answer.headers["X-Request-ID"]))
    assert "violates check constraint" in both
    assert "secret" not in both


def test_the_deliveries_of_a_request_name_it(
    service: Gunicorn, receiver: RecordingReceiver, start_worker: Callable[..., Process]
) -> None:
    worker = start_worker()
    receiver.reply = lambda number: Reply(500 if number == 1 else 200)
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
    service.request("POST", "/api/v1/tickets", json=ticket, headers={"X-Request-ID": "order-4711"})
    (line,) = wait_until(lambda: lines(worker, "order-4711"), what="a line of the worker")
    event = Event.objects.get()
    told = {"level": "warning", "event": "attempt failed", "status": 500, "attempt": 1, "webhook_id": event.message_id}
    assert {**line, **told} == line
    wait_until(Attempt.objects.exists, what="the record of the attempt")
    Delivery.objects.update(next_attempt_at=event.created_at)
    service.open_ticket()  # wakes the worker
    wait_until(lambda: len(lines(worker, "order-4711")) == 2, what="a second line of the worker")
    assert lines(worker, "order-4711")[1]["event"] == "delivered"


def test_people_may_read_the_log_too(start_service: Callable[..., Gunicorn], database: None) -> None:
    service = start_service(LOG_FORMAT="text", WEB_CONCURRENCY="1")
    request_id = requests.get(f"{service.url}/api/v1/tickets/1", timeout=30).headers["X-Request-ID"]
    service.wait_for_output(f"request_id={request_id}")
    (line,) = [line for line in service.output().splitlines() if request_id in line]
    assert "INFO ticketloop.requests: request method=GET route=/api/v1/tickets/{id} status=404 duration_ms=" in line
