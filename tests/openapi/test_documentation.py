"""`/openapi.json` describes every operation; its pages load nothing from other hosts."""

import re
from typing import Any

import pytest

from tests.service import Service

OPERATIONS = {
    ("/health", "get"),
    ("/api/v1/tickets", "get"),
    ("/api/v1/tickets", "post"),
    ("/api/v1/tickets/{id}", "get"),
    ("/api/v1/tickets/{id}/resolve", "patch"),
    ("/api/v1/tickets/{id}/reopen", "patch"),
    ("/api/v1/contacts", "get"),
    ("/api/v1/contacts/{id}", "get"),
}


@pytest.fixture
def document(service: Service) -> dict[str, Any]:
    response = service.request("GET", "/openapi.json")
    assert response.status_code == 200
    content: dict[str, Any] = response.json()
    return content


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {(path, method) for path, methods in document["paths"].items() for method in methods} == OPERATIONS


def test_every_answer_has_a_schema_and_an_example(document: dict[str, Any]) -> None:
    for path, method in OPERATIONS:
        operation = document["paths"][path][method]
        assert operation["summary"]
        assert operation["operationId"]
        assert min(operation["responses"]) in {"200", "201"}
        for status, response in operation["responses"].items():
            if status in {"304", "414"}:
                continue  # has no body; is the web server's
            content = response["content"]["application/json"]
            assert content["schema"], (path, method, status)
            assert content["examples"], (path, method, status)


def test_opening_a_ticket_describes_its_errors_and_where_the_ticket_is(document: dict[str, Any]) -> None:
    operation = document["paths"]["/api/v1/tickets"]["post"]
    errors = {"400", "401", "403", "408", "409", "413", "415", "422", "429", "503"}
    assert set(operation["responses"]) == {"201", *errors}
    assert operation["requestBody"]["content"]["application/json"]["examples"]
    assert {"Location", "Idempotent-Replayed"} <= set(operation["responses"]["201"]["headers"])
    assert "Retry-After" in operation["responses"]["409"]["headers"]
    assert "Idempotency-Key" in {each["name"] for each in operation["parameters"]}


@pytest.mark.parametrize("path", ["/api/v1/tickets", "/api/v1/contacts"])
def test_a_list_describes_its_parameters_and_links(document: dict[str, Any], path: str) -> None:
    operation = document["paths"][path]["get"]
    common = {"limit", "cursor", "ordering", "email", "created_after", "created_before", "q"}
    of_tickets = {"status", "contact_id", "resolved_after", "resolved_before"} if "tickets" in path else set()
    assert {each["name"] for each in operation["parameters"]} == common | of_tickets
    assert all(each["description"] for each in operation["parameters"])
    assert "Link" in operation["responses"]["200"]["headers"]


@pytest.mark.parametrize("path", ["/api/v1/tickets/{id}", "/api/v1/contacts/{id}"])
def test_a_single_one_describes_its_conditions(document: dict[str, Any], path: str) -> None:
    operation = document["paths"][path]["get"]
    assert "If-None-Match" in {each["name"] for each in operation["parameters"]}
    assert "ETag" in operation["responses"]["200"]["headers"]
    assert "content" not in operation["responses"]["304"]


def test_the_webhook_is_described(document: dict[str, Any]) -> None:
    webhook = document["webhooks"]["ticket.created"]["post"]
    assert webhook["requestBody"]["content"]["application/json"]["examples"]
    assert {header["name"] for header in webhook["parameters"]} == {
        *("webhook-id", "webhook-timestamp", "webhook-signature", "Ticketloop-Event"),
    }


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/", "/redoc/"])
def test_the_pages_load_nothing_from_outside(service: Service, path: str) -> None:
    page = service.request("GET", path)
    assert page.status_code == 200
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert assets or "redoc" in path
    for asset in assets:
        assert asset.startswith(("/static/", "/docs"))
        assert service.request("GET", asset).status_code == 200
    assert not re.search(r"https?://(?!127\.0\.0\.1)", page.text)


def test_the_front_page_leads_to_the_documentation(service: Service) -> None:
    response = service.request("GET", "/")
    assert (response.status_code, response.headers["Location"]) == (302, "/docs")
