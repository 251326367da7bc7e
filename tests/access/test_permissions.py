"""API_ACCESS: permissions of anonymous clients, users and staff."""

import pytest
import requests
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from pytest_django import Settings

from tests.service import Service

pytestmark = pytest.mark.usefixtures("fast_password_hasher")

PASSWORD = "correct horse battery"
ALL = [("POST", "/api/v1/tickets"), ("GET", "/api/v1/tickets"), ("GET", "/api/v1/contacts")]


@pytest.fixture
def intake(service: Service, settings: Settings) -> Service:
    settings.API_ACCESS = "intake"
    return service


@pytest.fixture
def closed(service: Service, settings: Settings) -> Service:
    settings.API_ACCESS = "key"
    return service


def signed_in(service: Service, staff: bool) -> requests.Session:
    user = get_user_model().objects.create_user("ada", password=PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name="Support agent"))
    session = service.session()
    login = service.url + "/admin/login/"
    session.get(login)
    token = session.cookies["csrftoken"]
    session.post(login, {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token})
    if not staff:
        get_user_model().objects.filter(pk=user.pk).update(is_staff=False)
    return session


def ticket(session: requests.Session, service: Service, **headers: str) -> requests.Response:
    body = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
    return session.post(f"{service.url}/api/v1/tickets", json=body, headers=headers)


def test_open_lets_everybody_do_everything(service: Service) -> None:
    assert service.open_ticket().status_code == 201
    assert service.request("GET", "/api/v1/tickets").status_code == 200


def test_intake_lets_everybody_open_a_ticket_and_nothing_else(intake: Service) -> None:
    created = intake.open_ticket()
    assert created.status_code == 201
    path = created.headers["Location"]
    for method, closed_path in [("GET", "/api/v1/tickets"), ("GET", path), ("PATCH", f"{path}/resolve")]:
        response = intake.request(method, closed_path)
        assert (response.status_code, list(response.json())) == (401, ["detail"])
        assert response.headers["WWW-Authenticate"]


def test_key_lets_nobody_do_anything(closed: Service) -> None:
    for method, path in ALL:
        response = closed.request(method, path, json={})
        assert (response.status_code, list(response.json())) == (401, ["detail"])


def test_staff_signed_in_to_the_admin_may_use_the_api_with_the_csrf_token(closed: Service) -> None:
    session = signed_in(closed, staff=True)
    assert session.get(f"{closed.url}/api/v1/tickets").status_code == 200
    assert ticket(session, closed).status_code == 403
    assert ticket(session, closed, **{"X-CSRFToken": session.cookies["csrftoken"]}).status_code == 201


def test_a_user_who_is_not_staff_is_refused(closed: Service) -> None:
    session = signed_in(closed, staff=False)
    assert session.get(f"{closed.url}/api/v1/tickets").status_code == 403


def test_health_and_docs_are_open_to_all(closed: Service) -> None:
    for path in ("/health", "/docs", "/redoc", "/openapi.json"):
        assert closed.request("GET", path).status_code == 200
