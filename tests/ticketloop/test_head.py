"""HEAD returns the headers of GET, no body, and logs no warning."""

import pytest

from tests.processes import Gunicorn


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """The service behind gunicorn, which sends the response."""
    return gunicorn


@pytest.mark.parametrize("path", ["/api/v1/tickets?limit=1", "/api/v1/contacts", "/api/v1/nothing", "/docs", "/health"])
def test_head_is_get_without_the_body_and_without_a_warning(service: Gunicorn, path: str) -> None:
    service.open_ticket()
    get = service.request("GET", path)
    before = service.output()
    head = service.request("HEAD", path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    for name in ("Content-Type", "Content-Length", "Link"):
        assert head.headers.get(name) == get.headers.get(name)
    assert "warning" not in service.output().removeprefix(before).lower()
