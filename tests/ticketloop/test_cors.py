"""CORS_ALLOWED_ORIGINS: which pages may use the API from a browser."""

from collections.abc import Callable

import pytest
import requests

from tests.service import Service

SHOP = "https://shop.example.com"


@pytest.fixture(scope="module")
def shared_service(start_service: Callable[..., Service]) -> Service:
    return start_service(CORS_ALLOWED_ORIGINS=f"{SHOP},http://localhost:3000", API_ACCESS="key")


@pytest.fixture
def shared(shared_service: Service, database: None) -> Service:
    """The API with two allowed origins, on empty tables."""
    return shared_service


def words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


def preflight(service: Service, path: str = "/api/v1/tickets", origin: str = SHOP) -> requests.Response:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    return service.request("OPTIONS", path, headers={"Origin": origin, **asked})


def test_a_preflight_is_answered_without_credentials(shared: Service) -> None:
    response = preflight(shared)
    assert response.status_code == 200
    assert response.raw.headers.getlist("Content-Length") == ["0"]
    assert "Transfer-Encoding" not in response.headers  # a proxy refuses an answer with both (RFC 9112, section 6.3)
    assert response.headers["Access-Control-Allow-Origin"] == SHOP
    assert words(response.headers["Access-Control-Allow-Methods"]) >= {"get", "post", "patch"}
    allowed = words(response.headers["Access-Control-Allow-Headers"])
    assert allowed >= {"authorization", "content-type", "idempotency-key", "if-none-match"}
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_an_answer_may_be_read_with_its_headers_even_a_refusal(shared: Service) -> None:
    response = shared.request("GET", "/api/v1/tickets", headers={"Origin": SHOP})
    assert response.status_code == 401
    assert response.headers["Access-Control-Allow-Origin"] == SHOP
    assert words(response.headers["Access-Control-Expose-Headers"]) == {
        *("link", "location", "etag", "retry-after", "ratelimit", "ratelimit-policy"),
        *("idempotent-replayed", "x-request-id"),
    }


@pytest.mark.parametrize("origin", ["https://evil.example.com", f"{SHOP}.evil.example.com", "null", "http://["])
def test_other_origins_are_told_nothing(shared: Service, origin: str) -> None:
    for response in (preflight(shared, origin=origin), shared.request("GET", "/api/v1/x", headers={"Origin": origin})):
        assert response.status_code < 500
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/admin/login/", "/health", "/openapi.json", "/apiary"])
def test_nothing_but_the_api_is_shared(shared: Service, path: str) -> None:
    for response in (preflight(shared, path), shared.request("GET", path, headers={"Origin": SHOP})):
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]


def test_nothing_is_shared_unless_configured(service: Service) -> None:
    response = service.request("GET", "/api/v1/tickets", headers={"Origin": SHOP})
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


def test_everything_can_be_shared_with_everybody(start_service: Callable[..., Service], database: None) -> None:
    service = start_service(CORS_ALLOWED_ORIGINS="*", WEB_CONCURRENCY="1")
    assert preflight(service, origin="https://anybody.example.com").headers["Access-Control-Allow-Origin"] == "*"
