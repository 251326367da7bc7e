"""The three roles: permissions at the support desk and, by session, in the API."""

import re
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.service import Service
from tests.staff import Staff
from tickets.models import Ticket
from webhooks.models import Delivery, Receiver

AGENT, LEAD, ADMINISTRATOR = ROLES = ("Support agent", "Support lead", "Administrator")
SECRET_PATH = "https://example.com/hook/t0ken-in-the-path"
ANSWER = "what the receiver answered"

# Pages by the lowest role that may open them.
PAGES = {
    "/admin/": AGENT,
    "/admin/tickets/ticket/": AGENT,
    "/admin/tickets/ticket/{ticket}/change/": AGENT,
    "/admin/contacts/contact/": AGENT,
    "/admin/contacts/contact/{contact}/change/": AGENT,
    "/admin/webhooks/delivery/": AGENT,
    "/admin/webhooks/delivery/{delivery}/change/": AGENT,
    "/admin/webhooks/receiver/": LEAD,
    "/admin/webhooks/receiver/{receiver}/change/": LEAD,
    "/admin/webhooks/receiver/{receiver}/history/": LEAD,
    "/admin/webhooks/receiver/{receiver}/replay/": LEAD,
    "/admin/webhooks/receiver/add/": ADMINISTRATOR,
    "/admin/webhooks/receiver/{receiver}/rotate-secret/": ADMINISTRATOR,
    "/admin/webhooks/receiver/{receiver}/delete/": ADMINISTRATOR,
    "/admin/access/staffmember/": ADMINISTRATOR,
    "/admin/access/staffmember/add/": ADMINISTRATOR,
    "/admin/access/staffmember/{user}/change/": ADMINISTRATOR,
    "/admin/access/role/": ADMINISTRATOR,
    "/admin/access/apikey/": ADMINISTRATOR,
    "/admin/access/apikey/add/": ADMINISTRATOR,
}
# Changes by the lowest role that may make them.
CHANGES: list[tuple[str, dict[str, str], str]] = [
    ("/admin/tickets/ticket/{ticket}/resolve-one/", {}, AGENT),
    ("/admin/tickets/ticket/{ticket}/reopen-one/", {}, AGENT),
    ("/admin/contacts/contact/{contact}/change/", {"full_name": "Eve", "email": "eve@example.com"}, LEAD),
    ("/admin/webhooks/delivery/{delivery}/resend/", {}, LEAD),
    ("/admin/webhooks/delivery/{delivery}/cancel/", {}, LEAD),
    ("/admin/webhooks/receiver/{receiver}/send-test-event/", {}, LEAD),
    ("/admin/webhooks/receiver/{receiver}/disable/", {}, ADMINISTRATOR),
    ("/admin/webhooks/receiver/{receiver}/show-secret/", {}, ADMINISTRATOR),
    ("/admin/webhooks/receiver/{receiver}/rotate-secret/", {"hours": "1"}, ADMINISTRATOR),
]


@pytest.fixture
def ids(service: Service) -> dict[str, int]:
    """A ticket, its contact, a delivery about it with an attempt, its receiver and a superuser."""
    receiver = Receiver.objects.create(url=SECRET_PATH)
    ticket = service.open_ticket().json()
    delivery = Delivery.objects.get()
    delivery.attempts.create(receiver=receiver, started_at=timezone.now(), duration=1, status=500, response=ANSWER)
    hashed = PBKDF2PasswordHasher().encode("a password", "salt", iterations=1)  # one iteration, to be fast
    user = get_user_model().objects.create(username="root", is_staff=True, is_superuser=True, password=hashed)
    return {
        "ticket": ticket["id"],
        "contact": ticket["contact_id"],
        "delivery": delivery.pk,
        "receiver": receiver.pk,
        "user": user.pk,
    }


@pytest.fixture
def closed(service: Service, settings: Settings) -> Service:
    settings.API_ACCESS = "key"
    return service


def reaches(role: str, least: str) -> bool:
    return ROLES.index(role) >= ROLES.index(least)


@pytest.mark.parametrize("role", ROLES)
def test_a_page_opens_for_those_who_may_see_it(service: Service, ids: dict[str, int], role: str) -> None:
    staff = Staff(service, "ada", role)
    answers = {path: staff.get(path.format(**ids)).status_code for path in PAGES}
    assert answers == {path: 200 if reaches(role, least) else 403 for path, least in PAGES.items()}


@pytest.mark.parametrize("role", [None, *ROLES])
def test_a_deed_is_done_for_those_who_may_do_it(service: Service, ids: dict[str, int], role: str | None) -> None:
    staff = Staff(service, "ada", role)
    answers = {path: staff.post(path.format(**ids), **fields).status_code < 400 for path, fields, _ in CHANGES}
    assert answers == {path: role is not None and reaches(role, least) for path, _, least in CHANGES}


@pytest.mark.parametrize("role", ROLES)
def test_nobody_deletes_tickets_contacts_or_staff(service: Service, ids: dict[str, int], role: str) -> None:
    staff = Staff(service, "ada", role)
    for path in ("tickets/ticket/{ticket}", "contacts/contact/{contact}", "access/staffmember/{user}"):
        assert staff.post(f"/admin/{path.format(**ids)}/delete/", post="yes").status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": str(ids["ticket"]), "post": "yes", "index": "0"}
    staff.post("/admin/tickets/ticket/", **bulk)
    assert Ticket.objects.count() == 1
    assert get_user_model().objects.filter(username="root").exists()


def test_an_agent_sees_what_became_of_deliveries_and_neither_answers_nor_addresses(
    service: Service, ids: dict[str, int]
) -> None:
    staff = Staff(service, "ada", AGENT)
    lead = Staff(service, "grace", LEAD)
    for path in ("delivery/", "delivery/{delivery}/change/"):
        page = staff.get(f"/admin/webhooks/{path.format(**ids)}").text
        assert "example.com" in page
        assert "t0ken" not in page
        assert ANSWER not in page
    assert ANSWER in lead.get(f"/admin/webhooks/delivery/{ids['delivery']}/change/").text
    ticket = staff.get(f"/admin/tickets/ticket/{ids['ticket']}/change/").text
    assert "example.com" in ticket
    assert "t0ken" not in ticket


@pytest.mark.parametrize("role", ROLES)
def test_a_secret_is_on_no_page_but_its_own(service: Service, ids: dict[str, int], role: str) -> None:
    staff = Staff(service, "ada", role)
    secret = Receiver.objects.get().secret
    assert not any(secret in staff.get(path.format(**ids)).text for path in PAGES)


def test_an_empty_value_is_the_same_dash_everywhere(service: Service, ids: dict[str, int]) -> None:
    staff = Staff(service, "ada", ADMINISTRATOR)
    staff.post(f"/admin/webhooks/receiver/{ids['receiver']}/send-test-event/")
    test = Delivery.objects.latest("pk").pk
    shown = [staff.get(path.format(**ids)).text for path in (*PAGES, f"/admin/webhooks/delivery/{test}/change/")]
    assert any(re.search(r">\s*–\s*<", page) for page in shown)
    assert [path for path, page in zip(PAGES, shown, strict=False) if re.search(r">\s*-\s*<", page)] == []
    assert not re.search(r">\s*-\s*<", shown[-1])


def test_an_administrator_can_neither_become_nor_change_a_superuser(service: Service, ids: dict[str, int]) -> None:
    staff = Staff(service, "ada", ADMINISTRATOR)
    ada = get_user_model().objects.get(username="ada")
    fields = {"username": "ada", "is_active": "on", "is_superuser": "on", "role": str(ada.groups.get().pk)}
    assert staff.post(f"/admin/access/staffmember/{ada.pk}/change/", **fields).status_code == 302
    ada.refresh_from_db()
    assert (ada.is_superuser, ada.groups.count()) == (False, 1)
    root = f"/admin/access/staffmember/{ids['user']}"
    assert staff.post(f"{root}/change/", **fields).status_code == 403
    passwords = {"password1": "mine now, all mine", "password2": "mine now, all mine"}
    assert staff.post(f"{root}/password/", **passwords).status_code == 403
    assert get_user_model().objects.get(username="root").password not in staff.get(f"{root}/change/").text


def test_signed_in_staff_use_the_api_within_their_role(closed: Service) -> None:
    body = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
    agent = Staff(closed, "ada", AGENT)
    ticket = agent.request("POST", "/api/v1/tickets", json=body)
    assert ticket.status_code == 201
    path = ticket.headers["Location"]
    requests = [("GET", "/api/v1/tickets"), ("GET", path), ("PATCH", f"{path}/resolve"), ("PATCH", f"{path}/reopen")]
    requests += [("GET", "/api/v1/contacts"), ("GET", f"/api/v1/contacts/{ticket.json()['contact_id']}")]
    assert [agent.request(*each).status_code for each in requests] == [200] * len(requests)
    nobody = Staff(closed, "eve")
    for method, url in [*requests, ("POST", "/api/v1/tickets")]:
        answer = nobody.request(method, url, json=body)
        assert (answer.status_code, list(answer.json())) == (403, ["detail"]), (method, url)
        assert "Your role lacks the permission" in answer.json()["detail"]
    assert Ticket.objects.get().status == "open"


def test_making_the_roles_again_restores_what_one_lost_and_keeps_what_it_was_given(database: None) -> None:
    roles = import_module("access.migrations.0001_initial")
    agent = Group.objects.get(name=AGENT)
    before = set(agent.permissions.all())
    extra = Permission.objects.get(codename="view_receiver")
    try:
        agent.permissions.set([extra])
        with connection.schema_editor() as editor:
            roles.create_roles(apps, editor)
        assert set(agent.permissions.all()) == {*before, extra}
    finally:
        agent.permissions.set(before)
