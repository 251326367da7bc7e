"""Sign-in to the support desk: lockout, sessions and passwords."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from tests.processes import Gunicorn, Worker, wait_until
from tests.service import Service
from ticketloop.celery import app

pytestmark = pytest.mark.usefixtures("fast_password_hasher")

PASSWORD = "correct horse battery staple"
LOGIN = "/admin/login/"
LIMIT = 5
WRONG = "Wrong username or password."
BUSY = "Another attempt to sign in with this name is still running. Please try again."


@pytest.fixture
def behind_a_proxy(service: Service, settings: Settings) -> Service:
    settings.TRUSTED_PROXY_COUNT = 1
    return service


@pytest.fixture
def ada(database: None) -> None:
    get_user_model().objects.create_user("ada", password=PASSWORD, is_staff=True)


@pytest.fixture
def grace(database: None) -> None:
    """A member of staff whose password is hashed as by the service: gunicorn does not know the tests' fast hashes."""
    password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    get_user_model().objects.create(username="grace", password=password, is_staff=True)


def attempt(service: Service, password: str, username: str = "ada", **headers: str) -> requests.Response:
    session = service.session()
    session.get(service.url + LOGIN)
    fields = {"username": username, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    return session.post(service.url + LOGIN, fields, headers=headers, allow_redirects=False)


def test_a_wrong_password_is_told_once(service: Service, ada: None) -> None:
    page = attempt(service, "wrong").text
    assert page.count('class="errornote') == page.count(WRONG) == 1
    assert "Please correct" not in page


def test_after_too_many_wrong_passwords_not_even_the_right_one_gets_in(service: Service, ada: None) -> None:
    answers = [attempt(service, f"wrong {number}").status_code for number in range(LIMIT)]
    assert answers == [200] * (LIMIT - 1) + [429]
    refused = attempt(service, PASSWORD, Accept="text/html")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert "Too many failed attempts to sign in. Please try again in 15 minutes." in refused.text
    assert "sessionid" not in refused.cookies
    assert attempt(service, PASSWORD, Accept="application/json").json() == {
        "detail": "Too many failed attempts to sign in. Please try again in 15 minutes."
    }


def test_of_parallel_wrong_passwords_no_more_than_the_limit_are_tried(gunicorn: Gunicorn, grace: None) -> None:
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda number: attempt(gunicorn, f"wrong {number}", "grace"), range(40)))
    tried = [each for each in answers if WRONG in each.text]
    assert len(tried) < LIMIT  # the last one is answered by the lockout
    assert all(each.status_code == 429 or BUSY in each.text for each in answers if each not in tried)
    assert AccessAttempt.objects.get().failures_since_start == LIMIT
    assert attempt(gunicorn, PASSWORD, "grace").status_code == 429


def test_an_attempt_waits_for_another_only_so_long(gunicorn: Gunicorn, grace: None) -> None:
    attempt(gunicorn, "wrong", "grace")
    with ThreadPoolExecutor(2) as pool, transaction.atomic():
        list(AccessAttempt.objects.select_for_update())  # so that no attempt can be counted
        answers = list(pool.map(lambda number: attempt(gunicorn, f"wrong {number}", "grace"), range(2)))
    assert [BUSY in each.text for each in answers] == [True, True]
    assert attempt(gunicorn, PASSWORD, "grace").status_code == 302


def test_a_right_password_forgives_the_wrong_ones_before_it(service: Service, ada: None) -> None:
    for _ in range(2):
        for number in range(LIMIT - 2):
            attempt(service, f"wrong {number}")
        assert attempt(service, PASSWORD).status_code == 302


def test_an_address_that_the_client_made_up_does_not_help(service: Service, ada: None) -> None:
    answers = [attempt(service, "wrong", **{"X-Forwarded-For": f"192.0.2.{n}"}) for n in range(LIMIT)]
    assert answers[-1].status_code == 429


def test_behind_a_trusted_proxy_one_address_does_not_lock_out_another(behind_a_proxy: Service, ada: None) -> None:
    for _ in range(LIMIT):
        refused = attempt(behind_a_proxy, "wrong", **{"X-Forwarded-For": "198.51.100.7, 192.0.2.1"})
    assert refused.status_code == 429
    assert attempt(behind_a_proxy, PASSWORD, **{"X-Forwarded-For": "192.0.2.1"}).status_code == 429
    assert attempt(behind_a_proxy, PASSWORD, **{"X-Forwarded-For": "192.0.2.1, 192.0.2.2"}).status_code == 302


def test_one_address_cannot_try_a_few_passwords_on_each_of_many_names(behind_a_proxy: Service, ada: None) -> None:
    office, home = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}
    for number in range(49):  # each name stays below the limit for itself
        before = {"username": f"name {number}", "ip_address": "192.0.2.1", "user_agent": "x"}
        AccessAttempt.objects.create(**before, failures_since_start=2)
    assert attempt(behind_a_proxy, PASSWORD, **office).status_code == 302
    for name in ("eve", "mallory"):
        assert attempt(behind_a_proxy, "wrong", name, **office).status_code == 200
    refused = attempt(behind_a_proxy, PASSWORD, **office)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert "Too many failed attempts to sign in. Please try again in 15 minutes." in refused.text
    assert attempt(behind_a_proxy, PASSWORD, **home).status_code == 302
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert attempt(behind_a_proxy, PASSWORD, **office).status_code == 302


@pytest.mark.parametrize("username", ["\x00", "a" * 10_000, "\U0001f980", "' OR 1=1 --", ""])
def test_a_hostile_name_is_only_a_wrong_one(service: Service, database: None, username: str) -> None:
    assert attempt(service, "wrong", username).status_code == 200


def test_a_session_is_for_this_service_alone_and_for_a_working_day(service: Service, ada: None) -> None:
    answer = attempt(service, PASSWORD)
    cookie = next(each for each in answer.raw.headers.getlist("Set-Cookie") if each.startswith("sessionid="))
    for part in ("HttpOnly", "SameSite=Lax", "Max-Age=43200", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


def test_with_https_cookies_are_bound_to_the_host(start_service: Callable[..., Service], ada: None) -> None:
    service = start_service(HTTPS_ONLY="on", SECRET_KEY="0123456789" * 6)
    answer = service.request("GET", LOGIN, headers={"X-Forwarded-Proto": "https"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-csrftoken=")
    assert "; Secure" in cookie


def test_signing_in_changes_the_session_and_signing_out_ends_it(service: Service, ada: None) -> None:
    session = service.session()
    session.get(service.url + LOGIN)
    session.cookies.set("sessionid", "fixed-by-somebody-else-0123456789")
    fields = {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.cookies.update(session.post(service.url + LOGIN, fields, allow_redirects=False).cookies)
    key = Session.objects.get().session_key
    assert key != "fixed-by-somebody-else-0123456789"
    cookies = {"sessionid": key, "csrftoken": session.cookies["csrftoken"]}
    token = {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
    assert service.request("GET", "/admin/", cookies=cookies).status_code == 200
    service.request("POST", "/admin/logout/", data=token, cookies=cookies)
    assert service.request("GET", "/admin/", cookies=cookies).status_code == 302


def test_expired_sessions_are_forgotten(worker: Worker, database: None) -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now())
    Session.objects.create(session_key="new", session_data="", expire_date=timezone.now() + timedelta(hours=1))
    app.send_task("access.clear_expired")
    wait_until(lambda: list(Session.objects.values_list("pk", flat=True)) == ["new"], what="the old session's end")
