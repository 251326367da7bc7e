"""`/health` says whether tickets are accepted; without a database everything is 503, as JSON."""

from collections.abc import Callable

import pytest
from django.db import connection
from pytest_django import Settings

from tests.locks import terminate_other_connections
from tests.processes import Gunicorn, closed_port, wait_until
from tests.service import Service
from webhooks.models import Receiver


@pytest.mark.parametrize("path", ["/health", "/health/"])
def test_all_is_well(service: Service, path: str) -> None:
    response = service.request("GET", path)
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "deliveries": "ok",
        "oldest_due_seconds": None,
    }


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "[2001:db8::1]", "elsewhere.example", "a b", "_"])
def test_probes_are_answered_whatever_host_they_name(service: Service, settings: Settings, host: str) -> None:
    settings.METRICS_TOKEN = "0123456789abcdef"
    headers = {"Host": host, "Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    for path in ("/health", "/health/", "/metrics"):
        assert service.request("GET", path, headers=headers).status_code == 200
    for path in ("/", "/docs", "/admin/", "/api/v1/tickets", "/healthy", "//health", "/health//"):
        assert service.request("GET", path, headers=headers).status_code == 400, path


def test_a_late_delivery_is_told_and_tickets_are_still_accepted(service: Service) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/")
    service.open_ticket()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhook_deliveries SET next_attempt_at = now() - interval '2 minutes'")
    # What it says is at most a second old.
    wait_until(lambda: service.request("GET", "/health").json()["deliveries"] == "late", what="the truth")
    response = service.request("GET", "/health")
    assert (response.status_code, response.json()["status"]) == (200, "ok")
    assert 120 <= response.json()["oldest_due_seconds"] < 150


def test_without_a_database_everything_is_503(start_service: Callable[..., Service]) -> None:
    service = start_service(DATABASE_URL=f"postgres://nobody:x@127.0.0.1:{closed_port()}/none")
    health = service.request("GET", "/health")
    assert (health.status_code, health.json()["status"], health.json()["database"]) == (503, "error", "error")
    for response in (
        service.open_ticket(),
        service.request("GET", "/api/v1/tickets/1"),
        service.request("PATCH", "/api/v1/tickets/1/resolve"),
        service.request("GET", "/api/v1/contacts/1"),
    ):
        assert (response.status_code, list(response.json())) == (503, ["detail"])


def test_a_connection_that_postgresql_ended_costs_no_request(gunicorn: Gunicorn) -> None:
    gunicorn.open_ticket()
    with connection.cursor() as cursor:
        terminate_other_connections(cursor)
    assert [gunicorn.open_ticket().status_code for _ in range(20)] == [201] * 20


def test_a_ticket_that_cannot_be_stored_whole_leaves_nothing(service: Service) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE webhook_deliveries ADD CONSTRAINT refuse CHECK (attempts_made > 0) NOT VALID")
        try:
            assert service.open_ticket().status_code == 500
        finally:
            cursor.execute("ALTER TABLE webhook_deliveries DROP CONSTRAINT refuse")
        cursor.execute("SELECT (SELECT count(*) FROM contacts), (SELECT count(*) FROM tickets)")
        assert cursor.fetchone() == (0, 0)
