"""THROTTLE_KEY and THROTTLE_ADDRESS: what is counted and refused, and the RateLimit headers."""

import re
import time
from collections.abc import Callable, Mapping
from itertools import count

import pytest
import requests

from access import keys
from access.scopes import Scope
from tests.processes import wait_until
from tests.service import Service

THREE = "3/minute"
hosts = count(1)


@pytest.fixture(scope="module")
def limited_service(start_service: Callable[..., Service]) -> Service:
    return start_service(THROTTLE_KEY=THREE, THROTTLE_ADDRESS=THREE, TRUSTED_PROXY_COUNT="1")


@pytest.fixture
def limited(limited_service: Service, database: None) -> Service:
    """The API with a limit of three requests a minute, behind one proxy, on empty tables."""
    return limited_service


@pytest.fixture
def address() -> str:
    """An unused client address: the counts outlive a test."""
    return f"198.51.100.{next(hosts)}"


def ask(service: Service, forwarded_for: str = "", text: str = "") -> requests.Response:
    headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else {}
    headers |= {"Authorization": f"Api-Key {text}"} if text else {}
    return service.request("GET", "/api/v1/contacts", headers=headers)


def numbers(response: requests.Response) -> tuple[int, int]:
    """The remaining requests and the seconds until quota is restored."""
    match = re.fullmatch(r'"(?:key|address)";r=(\d+);t=(\d+)', response.headers["RateLimit"])
    assert match
    return int(match[1]), int(match[2])


def refusal(response: requests.Response) -> Mapping[str, str] | None:
    """The headers of a 429; None for any other answer."""
    return response.headers if response.status_code == 429 else None


def test_an_address_has_its_quota_and_then_waits(limited: Service, address: str) -> None:
    start = time.monotonic()
    for left in (2, 1, 0):
        response = ask(limited, address)
        assert (response.status_code, numbers(response)[0]) == (200, left)
        assert response.headers["RateLimit-Policy"] == '"address";q=3;w=60'
    refused = ask(limited, address)
    assert (refused.status_code, list(refused.json())) == (429, ["detail"])
    passed = time.monotonic() - start
    left, back = numbers(refused)
    assert left == 0
    assert 60 - passed <= back <= 60
    assert 60 - passed <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == '"address";q=3;w=60'


def test_a_key_has_a_quota_of_its_own_wherever_it_is_used(limited: Service, address: str) -> None:
    one, two = (keys.create(name, [Scope.READ])[1] for name in ("one", "two"))
    for number in range(3):
        assert ask(limited, f"203.0.113.{number}", one).status_code == 200
    refused = ask(limited, address, one)
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Policy"] == '"key";q=3;w=60'
    assert ask(limited, address, two).status_code == 200
    assert numbers(ask(limited, address))[0] == 2


def test_the_addresses_of_one_ipv6_network_are_one_client(limited: Service) -> None:
    for number in range(3):
        assert ask(limited, f"2001:db8:1:2::{number:x}").status_code == 200
    assert ask(limited, "2001:db8:1:2:ffff::1").status_code == 429
    assert ask(limited, "2001:db8:1:3::1").status_code == 200


def test_what_stands_before_the_trusted_proxys_own_entry_buys_nothing(limited: Service, address: str) -> None:
    for spoofed in ("192.0.2.1", "192.0.2.2, 192.0.2.3", "nonsense"):
        assert ask(limited, f"{spoofed}, {address}").status_code == 200
    assert ask(limited, f"192.0.2.4, {address}").status_code == 429
    assert ask(limited, f"{address}:4711").status_code == 429
    assert ask(limited, f"::ffff:{address}").status_code == 429


@pytest.mark.parametrize("wrong", [f"tl_12345678_{'x' * 40}", "no key at all"])
def test_wrong_keys_are_counted_for_their_address_and_harm_no_right_one(
    limited: Service, address: str, wrong: str
) -> None:
    _, right = keys.create("shop", [Scope.READ])
    for left in (2, 1, 0):
        response = ask(limited, address, wrong)
        assert (response.status_code, numbers(response)[0]) == (401, left)
    refused = ask(limited, address, wrong)
    assert (refused.status_code, list(refused.json())) == (429, ["detail"])
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Policy"] == '"address";q=3;w=60'
    assert ask(limited, address, right).status_code == 200
    assert ask(limited, "203.0.113.99", right).status_code == 200


def test_requests_without_a_key_are_counted_where_they_need_one(
    start_service: Callable[..., Service], database: None, address: str
) -> None:
    closed = start_service(API_ACCESS="key", THROTTLE_ADDRESS=THREE, TRUSTED_PROXY_COUNT="1", WEB_CONCURRENCY="1")
    assert [ask(closed, address).status_code for _ in range(4)] == [401, 401, 401, 429]


@pytest.fixture(scope="module")
def direct(start_service: Callable[..., Service]) -> Service:
    """Without proxies, with limits that a test can wait for."""
    return start_service(THROTTLE_ADDRESS="2/day", THROTTLE_KEY="1/second")


def test_without_trusted_proxies_the_header_is_ignored(direct: Service, database: None) -> None:
    statuses = [ask(direct, f"192.0.2.{number}").status_code for number in range(3)]
    assert statuses == [200, 200, 429]


def test_a_client_that_waits_as_told_is_let_in_again(direct: Service, database: None) -> None:
    _, text = keys.create("shop", [Scope.READ])
    refused = wait_until(lambda: refusal(ask(direct, "", text)), what="a refusal")
    time.sleep(int(refused["Retry-After"]))
    assert ask(direct, "", text).status_code == 200


def test_health_and_documentation_are_not_counted(limited: Service, address: str) -> None:
    for path in ["/health", "/openapi.json"] * 3:
        response = limited.request("GET", path, headers={"X-Forwarded-For": address})
        assert response.status_code == 200
        assert "RateLimit" not in response.headers


def test_nothing_is_limited_unless_configured(service: Service) -> None:
    assert all(ask(service).status_code == 200 for _ in range(100))
    assert "RateLimit" not in ask(service).headers


def test_a_form_that_is_open_to_everybody_is_limited_by_default(
    start_service: Callable[..., Service], database: None
) -> None:
    service = start_service(API_ACCESS="intake", TRUSTED_PROXY_COUNT="1")
    response = service.request("POST", "/api/v1/tickets", json={}, headers={"X-Forwarded-For": "192.0.2.77"})
    assert response.status_code == 400
    assert response.headers["RateLimit-Policy"] == '"address";q=60;w=60'
