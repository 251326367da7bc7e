"""Content-Security-Policy and Permissions-Policy of every response: as little as it needs."""

import pytest

from tests.service import Service

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize(
    "path",
    ["/api/v1/tickets", "/api/v1/tickets/1", "/api/nowhere", "/openapi.json", "/health", "/"],
)
def test_what_is_no_page_may_do_nothing(service: Service, path: str) -> None:
    headers = service.request("GET", path).headers
    assert sorted(headers["Content-Security-Policy"].split("; ")) == sorted(NOTHING.split("; "))


def test_an_error_page_submits_and_fetches_nothing(service: Service) -> None:
    policy = service.request("GET", "/nowhere").headers["Content-Security-Policy"].split("; ")
    assert {*NOTHING.split("; "), "connect-src 'none'"} <= set(policy)
    assert not any("unsafe-inline" in each for each in policy if each.startswith("script-src"))


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/", "/docs", "/redoc", "/api/v1/tickets", "/static/unfold/js/app.js"]
)
def test_every_answer_carries_the_other_headers(service: Service, path: str) -> None:
    headers = service.request("GET", path).headers
    assert {name: headers.get(name) for name in EVERYWHERE} == EVERYWHERE
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_so_does_an_answer_to_who_asks_for_another_host(service: Service) -> None:
    answer = service.request("GET", "/api/v1/tickets", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 400
    assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE


@pytest.mark.parametrize("path", ["/admin/login/", "/docs", "/redoc"])
def test_a_page_runs_no_inline_script_and_asks_no_other_host(service: Service, path: str) -> None:
    policy = service.request("GET", path).headers["Content-Security-Policy"]
    directives = {name: values for name, *values in (part.split() for part in policy.split("; "))}
    assert directives["default-src"] == directives["frame-ancestors"] == directives["base-uri"] == ["'none'"]
    assert set(directives["script-src"]) <= {"'self'", "'unsafe-eval'"}
    assert ("'unsafe-eval'" in directives["script-src"]) == path.startswith("/admin/")
    allowed = {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    assert {value for values in directives.values() for value in values} <= allowed
