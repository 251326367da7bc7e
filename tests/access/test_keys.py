"""API keys: scopes, refusals, expiry and revocation."""

from datetime import datetime, timedelta

import pytest
import requests
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from access import keys
from access.models import ApiKey
from access.scopes import Scope
from tests.service import Service

ALL = list(Scope.values)


@pytest.fixture
def closed(service: Service, settings: Settings) -> Service:
    """The API with `API_ACCESS=key`."""
    settings.API_ACCESS = "key"
    return service


def authorization(text: str) -> dict[str, str]:
    return {"Authorization": f"Api-Key {text}"}


def ask(service: Service, text: str, method: str = "GET", path: str = "/api/v1/tickets") -> requests.Response:
    return service.request(method, path, headers=authorization(text))


def last_use() -> datetime | None:
    return ApiKey.objects.get().last_used_at


@pytest.mark.parametrize(
    ("scope", "method", "path", "granted"),
    [
        (Scope.CREATE, "POST", "/api/v1/tickets", 400),
        (Scope.READ, "GET", "/api/v1/tickets", 200),
        (Scope.READ, "GET", "/api/v1/tickets/1", 404),
        (Scope.READ, "GET", "/api/v1/contacts", 200),
        (Scope.READ, "GET", "/api/v1/contacts/1", 404),
        (Scope.RESOLVE, "PATCH", "/api/v1/tickets/1/resolve", 404),
        (Scope.RESOLVE, "PATCH", "/api/v1/tickets/1/reopen", 404),
    ],
)
def test_a_key_opens_what_its_scope_says_and_nothing_else(
    closed: Service, scope: str, method: str, path: str, granted: int
) -> None:
    fitting, other = (
        keys.create("fitting", [scope])[1],
        keys.create("other", [each for each in ALL if each != scope])[1],
    )
    assert closed.request(method, path).status_code == 401
    assert ask(closed, fitting, method, path).status_code == granted
    refused = ask(closed, other, method, path)
    assert (refused.status_code, refused.json()) == (403, {"detail": f"This API key lacks the scope {scope}."})


def test_a_ticket_is_opened_with_a_key_and_without_a_csrf_token(closed: Service) -> None:
    _, text = keys.create("shop", [Scope.CREATE])
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
    response = closed.request("POST", "/api/v1/tickets", json=ticket, headers=authorization(text))
    assert response.status_code == 201


def test_a_key_that_came_decides_alone_even_where_anybody_may(service: Service) -> None:
    _, text = keys.create("shop", [Scope.CREATE])
    assert service.request("GET", "/api/v1/tickets").status_code == 200
    assert ask(service, text).status_code == 403


def test_a_revoked_key_stops_at_once(closed: Service) -> None:
    key, text = keys.create("shop", ALL)
    assert ask(closed, text).status_code == 200
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())
    response = ask(closed, text)
    assert (response.status_code, response.json()) == (401, {"detail": "This API key has been revoked."})


def test_an_expired_key_is_refused(closed: Service) -> None:
    _, text = keys.create("shop", ALL, timezone.now() + timedelta(hours=1))
    assert ask(closed, text).status_code == 200
    ApiKey.objects.update(expires_at=timezone.now())
    response = ask(closed, text)
    assert (response.status_code, response.json()) == (401, {"detail": "This API key has expired."})


@pytest.mark.parametrize("access", ["open", "closed"])
def test_wrong_credentials_are_401_with_a_challenge(request: pytest.FixtureRequest, access: str) -> None:
    service: Service = request.getfixturevalue("service" if access == "open" else "closed")
    key, text = keys.create("shop", ALL)
    secret = text.rpartition("_")[2]
    other = keys.create("other", ALL)[1].rpartition("_")[2]
    for header in [
        f"Api-Key tl_{key.prefix}_{other}",
        f"Api-Key tl_unknown0_{secret}",
        f"Api-Key {text}x",
        f"Api-Key {text[:-1]}",
        f"Api-Key {text.upper()}",
        f"Api-Key {text}, Api-Key {text}",
        f"Api-Key {secret}",
        f"Api-Key tl_{'%' * 8}_{secret}",
        f"Api-Key {'é' * 60}",
        f"Api-Key {'a' * 4000}",
        "Api-Key ",
        "Api-Key",
        f"Bearer {text}",
        f"ApiKey {text}",
        text,
        '"',
        ":",
    ]:
        response = service.request("GET", "/api/v1/tickets", headers={"Authorization": header.encode("latin-1")})
        assert response.status_code == 401, header
        assert list(response.json()) == ["detail"]
        assert response.headers["WWW-Authenticate"].startswith("Api-Key ")


def test_the_scheme_is_not_case_sensitive_and_the_password_of_a_proxy_in_front_is_not_ours(service: Service) -> None:
    _, text = keys.create("shop", [Scope.READ])
    for header in (f"api-key {text}", f"API-KEY  {text}", "Basic dXNlcjpwYXNzd29yZA=="):
        assert service.request("GET", "/api/v1/tickets", headers={"Authorization": header}).status_code == 200


def test_only_a_digest_is_stored(service: Service) -> None:
    key, text = keys.create("shop", ALL)
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_keys::text FROM api_keys")
        stored = str(cursor.fetchall())
    assert key.prefix in stored
    assert text not in stored
    assert text.rpartition("_")[2] not in stored


def test_the_last_use_is_noted_once_in_a_while(closed: Service) -> None:
    _, text = keys.create("shop", ALL)
    assert last_use() is None
    ask(closed, text)
    first = last_use()
    assert first
    assert timezone.now() - first < timedelta(minutes=1)
    ask(closed, text)
    assert last_use() == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=10))
    ask(closed, text)
    assert last_use() >= first  # type: ignore[operator]


def test_a_method_that_does_not_exist_is_405_for_any_key(closed: Service) -> None:
    _, text = keys.create("shop", [Scope.CREATE])
    assert ask(closed, text, "DELETE").status_code == 405
