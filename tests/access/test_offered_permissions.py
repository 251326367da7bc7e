"""The permissions that a role can be given: each opens something that is refused without it, and none is missing."""

import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from pytest_django import Settings

from access import keys
from access.scopes import Scope
from tests.service import Service
from tests.staff import Staff
from webhooks.models import Delivery, Receiver

ADD_ROLE = "/admin/access/role/add/"
ANSWER = "what the receiver answered"


class Door(NamedTuple):
    """What is refused without the permission; `needs` is what else it takes, `shows` what is seen behind it."""

    method: str
    path: str
    needs: tuple[str, ...] = ()
    shows: str = ""
    fields: dict[str, str] = {}


DOORS = {
    "tickets.view_ticket": Door("GET", "/api/v1/tickets"),
    "tickets.add_ticket": Door("GET", "/admin/tickets/ticket/add/"),
    "tickets.change_ticket": Door("POST", "/admin/tickets/ticket/{ticket}/resolve-one/"),
    "tickets.export_ticket": Door("GET", "/admin/tickets/ticket/export/", needs=("tickets.view_ticket",)),
    "contacts.view_contact": Door("GET", "/api/v1/contacts"),
    "contacts.change_contact": Door(
        "POST", "/admin/contacts/contact/{contact}/change/", fields={"full_name": "Eve", "email": "eve@example.com"}
    ),
    "contacts.export_contact": Door("POST", "/admin/contacts/contact/{contact}/export/"),
    "contacts.erase_contact": Door("GET", "/admin/contacts/contact/{contact}/erase/"),
    "webhooks.view_receiver": Door("GET", "/admin/webhooks/receiver/{receiver}/change/"),
    "webhooks.add_receiver": Door("GET", "/admin/webhooks/receiver/add/"),
    "webhooks.change_receiver": Door("POST", "/admin/webhooks/receiver/{receiver}/disable/"),
    "webhooks.delete_receiver": Door("GET", "/admin/webhooks/receiver/{receiver}/delete/"),
    "webhooks.see_secret": Door("POST", "/admin/webhooks/receiver/{receiver}/show-secret/"),
    "webhooks.view_delivery": Door("GET", "/admin/webhooks/delivery/{delivery}/change/"),
    "webhooks.resend_delivery": Door("POST", "/admin/webhooks/delivery/{delivery}/resend/"),
    "webhooks.view_attempt": Door(
        "GET", "/admin/webhooks/delivery/{delivery}/change/", needs=("webhooks.view_delivery",), shows=ANSWER
    ),
    "access.view_apikey": Door("GET", "/admin/access/apikey/{key}/change/"),
    "access.add_apikey": Door("GET", "/admin/access/apikey/add/"),
    "access.change_apikey": Door("GET", "/admin/access/apikey/{key}/revoke/"),
    "access.view_staffmember": Door("GET", "/admin/access/staffmember/"),
    "access.change_staffmember": Door("GET", "/admin/access/staffmember/{user}/password/"),
    "access.add_staffmember": Door("GET", "/admin/access/staffmember/add/", needs=("access.change_staffmember",)),
    "access.view_role": Door("GET", "/admin/access/role/{role}/change/"),
    "access.add_role": Door("GET", ADD_ROLE),
    "access.change_role": Door("POST", "/admin/access/role/{role}/change/", fields={"name": "Own"}),
    "access.delete_role": Door("GET", "/admin/access/role/{role}/delete/"),
}


@pytest.fixture
def ids(service: Service, settings: Settings) -> Any:
    """One of everything; the API is closed to strangers."""
    receiver = Receiver.objects.create(url="https://example.com/")
    ticket = service.open_ticket().json()
    settings.API_ACCESS = "key"
    delivery = Delivery.objects.get()
    delivery.attempts.create(receiver=receiver, started_at=timezone.now(), duration=1, status=500, response=ANSWER)
    key, _ = keys.create("shop", [Scope.READ])
    role = Group.objects.create(name="Own")
    own = {"ticket": ticket["id"], "contact": ticket["contact_id"], "receiver": receiver.pk, "delivery": delivery.pk}
    colleague = get_user_model().objects.create_user("grace", is_staff=True)
    return {**own, "key": key.pk, "role": role.pk, "user": colleague.pk}


def permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def staff_with(service: Service, username: str, *names: str) -> Staff:
    """A member of staff with exactly these permissions."""
    staff = Staff(service, username)
    get_user_model().objects.get(username=username).user_permissions.set(map(permission, names))
    return staff


def opens(staff: Staff, door: Door, ids: dict[str, int]) -> bool:
    path = door.path.format(**ids)
    answer = staff.get(path) if door.method == "GET" else staff.post(path, **door.fields)
    assert answer.status_code < 500
    return answer.status_code < 400 and door.shows in answer.text


@pytest.mark.parametrize("name", DOORS)
def test_a_permission_opens_what_is_refused_without_it(service: Service, ids: dict[str, int], name: str) -> None:
    door = DOORS[name]
    assert not opens(staff_with(service, "eve", *door.needs), door, ids)
    assert opens(staff_with(service, "ada", *door.needs, name), door, ids)


def offered(page: str) -> dict[str, list[str]]:
    """The labels of the checkboxes by their heading."""
    groups = re.findall(r"<fieldset><legend>(.*?)</legend>(.*?)</fieldset>", page, re.DOTALL)
    return {title: re.findall("<span>(.*?)</span>", body) for title, body in groups}


def test_a_role_is_offered_those_and_no_others_by_subject(service: Service) -> None:
    page = Staff(service, "root", is_superuser=True).get(ADD_ROLE).text
    boxes = set(map(int, re.findall(r'name="permissions" value="(\d+)"', page)))
    assert boxes == {permission(name).pk for name in DOORS}
    groups = offered(page)
    assert list(groups) == ["Support", "Webhooks", "Administration"]
    assert groups["Support"][:4] == [
        "See tickets",
        "Open tickets",
        "Resolve and reopen tickets",
        "Export tickets as CSV",
    ]
    assert not [label for labels in groups.values() for label in labels if label.startswith("Can ")]


def controls(page: str) -> set[str]:
    """The links, forms, fields and buttons of a page."""
    return set(re.findall(r'\b(?:href|action|formaction|name)="([^"]+)"', page)) - {"csrfmiddlewaretoken"}


def test_who_has_them_all_sees_every_control_that_a_superuser_sees(service: Service, ids: dict[str, int]) -> None:
    root = Staff(service, "root", is_superuser=True)
    ada = staff_with(service, "ada", *DOORS)
    own = get_user_model().objects.get(username="root").pk  # superusers' pages are for superusers
    to_visit, visited = {"/admin/"}, {f"/admin/access/staffmember/{own}/change/"}
    while to_visit:
        path = to_visit.pop()
        visited.add(path)
        seen, of_hers = controls(root.get(path).text), controls(ada.get(path).text)
        assert seen - of_hers - {"is_superuser", "user_permissions"} == set(), path
        links = {urlsplit(each).path for each in seen if each.startswith("/admin/")}
        to_visit |= {each for each in links if each.endswith("/")} - visited
    assert "/admin/webhooks/receiver/{receiver}/change/".format(**ids) in visited


def test_a_permission_from_elsewhere_is_shown_and_survives_a_save(service: Service) -> None:
    root = Staff(service, "root", is_superuser=True)
    foreign = permission("sessions.view_session")
    role = Group.objects.create(name="Own")
    role.permissions.add(foreign)
    page = root.get(f"/admin/access/role/{role.pk}/change/").text
    assert offered(page)["Others"] == [foreign.name]
    boxes = re.findall(r'name="permissions" value="(\d+)"[^>]*\schecked[\s>]', page)
    root.post(f"/admin/access/role/{role.pk}/change/", name="Own", permissions=boxes)
    assert list(role.permissions.all()) == [foreign]
