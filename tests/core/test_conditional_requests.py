"""`ETag` and `If-None-Match` on a single ticket and contact; HEAD wherever GET is."""

import pytest

from tests.processes import Gunicorn
from tests.service import Service

PATHS = ["/api/v1/tickets/{id}", "/api/v1/contacts/{contact_id}"]


@pytest.mark.parametrize("path", PATHS)
def test_an_unchanged_one_is_304(service: Service, path: str) -> None:
    path = path.format(**service.open_ticket().json())
    first = service.request("GET", path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert not tag.startswith("W/")
    for condition in (tag, f'"other", {tag}', "*", f"W/{tag}"):
        again = service.request("GET", path, headers={"If-None-Match": condition})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        assert again.headers["Content-Length"] == first.headers["Content-Length"]  # RFC 9110, section 8.6
    assert service.request("GET", path, headers={"If-None-Match": '"other"'}).content == first.content


def test_a_changed_one_is_sent(service: Service) -> None:
    path = service.open_ticket().headers["Location"]
    tag = service.request("GET", path).headers["ETag"]
    service.request("PATCH", f"{path}/resolve")
    resolved = service.request("GET", path, headers={"If-None-Match": tag})
    assert (resolved.status_code, resolved.json()["status"]) == (200, "resolved")
    assert resolved.headers["ETag"] != tag


def test_head_says_what_get_would(gunicorn: Gunicorn) -> None:
    ticket = gunicorn.open_ticket().json()
    paths = [*(path.format(**ticket) for path in PATHS), "/api/v1/tickets?limit=1", "/health", "/openapi.json"]
    for path in paths:
        head, get = gunicorn.request("HEAD", path), gunicorn.request("GET", path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag", "Link"):
            assert head.headers.get(name) == get.headers.get(name), (path, name)
    assert gunicorn.request("HEAD", "/api/v1/tickets/999999999").status_code == 404
    assert gunicorn.request("HEAD", "/api/v1/tickets?colour=red").status_code == 400


@pytest.mark.parametrize("path", PATHS)
def test_another_one_than_the_client_knows_is_412_as_json(gunicorn: Gunicorn, path: str) -> None:
    path = path.format(**gunicorn.open_ticket().json())
    with gunicorn.session() as session:
        for _ in range(2):  # a wrong length would keep the connection, and its client waiting
            answer = session.get(gunicorn.url + path, headers={"If-Match": '"other"'}, timeout=5)
            assert (answer.status_code, list(answer.json())) == (412, ["detail"])
            assert answer.headers["Content-Length"] == str(len(answer.content))
