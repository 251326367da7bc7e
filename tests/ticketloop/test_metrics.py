"""`/metrics`: closed unless a token opens it, right for all processes together, and cheap."""

import re
from collections.abc import Callable

import pytest
from django.db import connection

from tests.service import Service
from webhooks.models import Delivery, Receiver

TOKEN = "0123456789abcdef"
REQUESTS = 40


@pytest.fixture(scope="module")
def measured_service(start_service: Callable[..., Service]) -> Service:
    return start_service(METRICS_TOKEN=TOKEN, WEB_CONCURRENCY="3")


@pytest.fixture
def measured(measured_service: Service, database: None) -> Service:
    """The API with `/metrics` and three processes, on empty tables."""
    return measured_service


def scrape(service: Service) -> dict[str, float]:
    """The value of each series by its name and labels."""
    response = service.request("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    found = re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", response.text, re.MULTILINE)
    return {name: float(value) for name, value in found}


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-For": "127.0.0.1"}, {"Authorization": f"Bearer {TOKEN}"}])
def test_there_is_no_such_page_unless_configured(service: Service, headers: dict[str, str]) -> None:
    assert service.request("GET", "/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("header", ["", f"Bearer {TOKEN}0", f"Basic {TOKEN}", TOKEN, "Bearer é", "Bearer", "Bearer "])
def test_nobody_gets_in_without_the_token(measured: Service, header: str) -> None:
    for headers in ({"Authorization": header.encode("latin-1")}, {}):
        response = measured.request("GET", "/metrics", headers=headers)
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "ticketloop_" not in response.text


def test_requests_of_all_processes_are_counted_by_route_and_status(measured: Service) -> None:
    before = scrape(measured)
    for number in range(REQUESTS):
        measured.request("GET", f"/api/v1/tickets/{number + 1}")
    measured.request("BREW", "/api/v1/tickets/1")
    after = scrape(measured)

    def grown(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    labels = 'method="GET",route="/api/v1/tickets/{id}"'
    assert grown(f'ticketloop_requests_total{{{labels},status="404"}}') == REQUESTS
    assert grown(f"ticketloop_request_seconds_count{{{labels}}}") == REQUESTS
    assert grown(f'ticketloop_request_seconds_bucket{{le="+Inf",{labels}}}') == REQUESTS
    assert 0 < grown(f"ticketloop_request_seconds_sum{{{labels}}}") < 60
    assert grown('ticketloop_requests_total{method="OTHER",route="/api/v1/tickets/{id}",status="405"}') == 1


def test_deliveries_are_read_from_the_database(measured: Service) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/", consecutive_failures=1000)
    Receiver.objects.create(url="http://127.0.0.1:9/", enabled=False)
    Receiver.objects.create(url="http://127.0.0.1:9/", events=[])
    for _ in range(3):
        measured.open_ticket()
    late, dead, made = Delivery.objects.order_by("id")
    Delivery.objects.filter(pk=dead.pk).update(state="dead")
    Delivery.objects.filter(pk=made.pk).update(state="delivered")
    attempts = scrape(measured)["ticketloop_delivery_attempts_total"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhook_deliveries SET next_attempt_at = now() - interval '2 minutes'")
        for error in ("", "", "The receiver answered 500"):
            cursor.execute(
                "INSERT INTO webhook_attempts (delivery_id, receiver_id, started_at, duration, error, response)"
                " VALUES (%s, %s, now(), 0.1, %s, '')",
                [late.pk, late.receiver_id, error],
            )
    found = scrape(measured)
    assert found["ticketloop_database_up"] == 1
    assert found['ticketloop_deliveries{state="pending"}'] == 1
    assert found['ticketloop_deliveries{state="dead"}'] == 1
    assert 120 <= found["ticketloop_deliveries_oldest_due_seconds"] < 150
    assert found["ticketloop_delivery_attempts_total"] == attempts + 3
    assert found['ticketloop_delivery_recent_attempts{result="delivered"}'] == 2
    assert found['ticketloop_delivery_recent_attempts{result="failed"}'] == 1
    states = ("enabled", "failing", "disabled")
    assert [found[f'ticketloop_receivers{{state="{state}"}}'] for state in states] == [1, 1, 1]
