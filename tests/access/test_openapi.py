"""OpenAPI: scopes, rate limits and error responses of each operation."""

from typing import Any

import pytest
from pytest_django import Settings

from tests.service import Service

SCOPES = {
    ("/api/v1/tickets", "get"): "tickets:read",
    ("/api/v1/tickets", "post"): "tickets:create",
    ("/api/v1/tickets/{id}", "get"): "tickets:read",
    ("/api/v1/tickets/{id}/resolve", "patch"): "tickets:resolve",
    ("/api/v1/tickets/{id}/reopen", "patch"): "tickets:resolve",
    ("/api/v1/contacts", "get"): "tickets:read",
    ("/api/v1/contacts/{id}", "get"): "tickets:read",
}


def document(service: Service) -> dict[str, Any]:
    content: dict[str, Any] = service.request("GET", "/openapi.json").json()
    return content


def test_each_operation_names_its_scope(service: Service) -> None:
    found = document(service)
    for (path, method), scope in SCOPES.items():
        key, session, anybody = found["paths"][path][method]["security"]
        assert (key, list(session.values()), anybody) == ({"ApiKey": [scope]}, [[]], {})
        for way in (key, session):
            assert set(way) <= set(found["components"]["securitySchemes"])
    assert found["components"]["securitySchemes"]["ApiKey"]["name"] == "Authorization"
    assert not found["paths"]["/health"]["get"].get("security")


@pytest.mark.parametrize(("access", "open_operations"), [("intake", {("/api/v1/tickets", "post")}), ("key", set())])
def test_it_is_true_for_this_installation(
    service: Service, settings: Settings, access: str, open_operations: set[tuple[str, str]]
) -> None:
    settings.API_ACCESS = access
    found = document(service)
    anybody = {(path, method) for path, method in SCOPES if {} in found["paths"][path][method]["security"]}
    assert anybody == open_operations


def test_refusals_are_described_with_their_headers(service: Service) -> None:
    found = document(service)
    for path, method in SCOPES:
        responses = found["paths"][path][method]["responses"]
        assert "WWW-Authenticate" in responses["401"]["headers"]
        assert responses["403"]
        assert set(responses["429"]["headers"]) == {"Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-ID"}
        assert all("X-Request-ID" in response["headers"] for response in responses.values())
