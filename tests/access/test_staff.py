"""Administrators add colleagues, change their role and make them inactive; nobody locks everybody out."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import RequestFactory

from tests.service import Service
from tests.staff import Staff

pytestmark = pytest.mark.usefixtures("fast_password_hasher")

ADD = "/admin/access/staffmember/add/"
PASSWORD = "correct horse battery staple"
LAST = "This is the last active superuser"


@pytest.fixture
def administrator(service: Service) -> Staff:
    return Staff(service, "ada", "Administrator")


@pytest.fixture
def root(service: Service) -> Staff:
    return Staff(service, "root", is_superuser=True)


def role(name: str) -> str:
    return str(Group.objects.get(name=name).pk)


def colleague(**fields: Any) -> dict[str, Any]:
    """The fields of the add form, filled in."""
    own = {"username": "grace", "first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com"}
    return {**own, "role": role("Support agent"), "is_active": "on", **fields}


def page_of(name: str) -> str:
    return f"/admin/access/staffmember/{get_user_model().objects.get(username=name).pk}/change/"


def text(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", page)).split())


def signs_in(name: str, password: str) -> bool:
    return authenticate(RequestFactory().post("/"), username=name, password=password) is not None


def test_a_colleague_is_added_with_a_password_and_a_role(administrator: Staff) -> None:
    form = administrator.get(ADD).text
    for name in ("username", "first_name", "last_name", "email", "password1", "password2", "role", "is_active"):
        assert f'name="{name}"' in form
    for name in ("is_staff", "is_superuser", "user_permissions", "groups"):
        assert f'name="{name}"' not in form
    assert administrator.post(ADD, **colleague(password1=PASSWORD, password2=PASSWORD)).status_code == 302
    grace = get_user_model().objects.get(username="grace")
    assert (grace.get_full_name(), grace.email, grace.is_staff) == ("Grace Hopper", "grace@example.com", True)
    assert [each.name for each in grace.groups.all()] == ["Support agent"]
    assert signs_in("grace", PASSWORD)
    listed = text(administrator.get("/admin/access/staffmember/").text)
    assert "grace Grace Hopper Support agent" in listed
    assert "never" in listed


def test_without_a_password_one_is_generated_and_shown_once(administrator: Staff) -> None:
    answer = administrator.post(ADD, **colleague())
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r'<code id="password"[^>]*>([^<]+)</code>', answer.text)
    assert found
    assert signs_in("grace", found[1])
    assert found[1] not in administrator.get(page_of("grace")).text


def test_a_new_password_is_typed_or_generated_and_shown_once(administrator: Staff) -> None:
    administrator.post(ADD, **colleague(password1=PASSWORD, password2=PASSWORD))
    page = administrator.get(page_of("grace")).text
    assert "Set a new password" in text(page)
    assert "pbkdf2" not in page
    path = page_of("grace").replace("change", "password")
    for one, two, error in (("abc", "abd", "The two passwords differ."), ("abc", "", "both fields")):
        assert error in administrator.post(path, password1=one, password2=two).text
    assert "too short" in administrator.post(path, password1="a4!", password2="a4!").text
    assert signs_in("grace", PASSWORD)
    typed = "another horse, another battery"
    assert administrator.post(path, password1=typed, password2=typed).status_code == 302
    assert signs_in("grace", typed)
    answer = administrator.post(path, password1="", password2="")
    assert "no-store" in answer.headers["Cache-Control"]
    found = re.search(r'<code id="password"[^>]*>([^<]+)</code>', answer.text)
    assert found
    assert signs_in("grace", found[1])
    assert not signs_in("grace", typed)
    history = administrator.get(page_of("grace").replace("change", "history")).text
    assert history.count("ada set a new password.") == 2


def test_a_new_password_that_is_sent_twice_is_set_once(administrator: Staff) -> None:
    administrator.post(ADD, **colleague(password1=PASSWORD, password2=PASSWORD))
    path = page_of("grace").replace("change", "password")
    form = re.findall(r'name="(form_token)" value="(\w+)"', administrator.get(path).text)
    first, second = (administrator.post(path, password1="", password2="", **dict(form)) for _ in range(2))
    found = re.search(r'<code id="password"[^>]*>([^<]+)</code>', first.text)
    assert found
    assert second.headers["Location"] == page_of("grace")
    assert "the password was set once" in administrator.get(page_of("grace")).text
    assert signs_in("grace", found[1])


MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"username": ""}, "This field is required."),
    ({"username": "ADA"}, "Somebody has this username already."),
    ({"role": ""}, "This field is required."),
    ({"password1": PASSWORD}, "Enter the password in both fields, or leave both empty."),
    ({"password1": PASSWORD, "password2": "another"}, "The two passwords differ."),
    ({"password1": "12345", "password2": "12345"}, "This password is too short."),
]


@pytest.mark.parametrize(("fields", "error"), MISTAKES)
def test_a_mistake_makes_no_account(administrator: Staff, fields: dict[str, str], error: str) -> None:
    answer = administrator.post(ADD, **colleague(**fields))
    assert answer.status_code == 200
    assert error in text(answer.text)
    assert get_user_model().objects.count() == 1


def test_an_administrator_changes_the_role_and_makes_people_inactive(administrator: Staff) -> None:
    grace = Staff(administrator.service, "grace", "Support agent")
    changed = colleague(role=role("Support lead"))
    assert administrator.post(page_of("grace"), **changed).status_code == 302
    assert grace.get("/admin/webhooks/receiver/").status_code == 200
    assert "changed" in administrator.get(page_of("grace").replace("change", "history")).text
    del changed["is_active"]
    administrator.post(page_of("grace"), **changed)
    assert grace.get("/admin/").status_code == 302  # to sign in


def test_what_makes_a_superuser_is_for_superusers(administrator: Staff, root: Staff) -> None:
    Staff(administrator.service, "grace", "Support agent")
    extra = Permission.objects.get(codename="see_secret")
    power = {"is_superuser": "on", "is_staff": "on", "user_permissions": str(extra.pk)}
    for path in (ADD, page_of("grace")):
        administrator.post(path, **colleague(username="eve" if path == ADD else "grace", **power))
        assert "Advanced" not in administrator.get(path).text
    for each in get_user_model().objects.filter(username__in=["eve", "grace"]):
        assert (each.is_superuser, each.user_permissions.count(), each.groups.count()) == (False, 0, 1)
    assert "Advanced" in root.get(page_of("grace")).text
    root.post(page_of("grace"), **colleague(**power))
    grace = get_user_model().objects.get(username="grace")
    assert (grace.is_superuser, list(grace.user_permissions.all())) == (True, [extra])
    assert administrator.post(page_of("grace"), **colleague()).status_code == 403


def test_the_last_active_superuser_stays_one(root: Staff) -> None:
    get_user_model().objects.create(username="left", is_superuser=True, is_active=False)
    mine = {"username": "root", "is_active": "on", "is_superuser": "on"}
    for name in ("is_active", "is_superuser"):
        without = {key: value for key, value in mine.items() if key != name}
        answer = root.post(page_of("root"), **without, role=role("Administrator"))
        assert re.search(rf"field-{name}\b.*?{LAST}", answer.text, re.DOTALL)
    assert root.post(page_of("root"), **mine, email="root@example.com").status_code == 302  # a superuser needs no role
    Staff(root.service, "second", is_superuser=True)
    answer = root.post(page_of("root"), username="root", is_active="on", role=role("Support agent"))
    assert answer.status_code == 302
    assert root.get(page_of("second")).status_code == 403


def test_built_in_roles_are_neither_renamed_nor_deleted(administrator: Staff) -> None:
    pages = f"/admin/access/role/{role('Support agent')}"
    before = set(Group.objects.get(name="Support agent").permissions.all())
    assert 'name="name"' not in administrator.get(f"{pages}/change/").text
    kept = [str(each.pk) for each in before]
    assert administrator.post(f"{pages}/change/", name="Other", permissions=kept).status_code == 302
    assert set(Group.objects.get(name="Support agent").permissions.all()) == before
    assert administrator.post(f"{pages}/delete/", post="yes").status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": role("Support agent"), "post": "yes", "index": "0"}
    administrator.post("/admin/access/role/", **bulk)
    assert Group.objects.filter(name="Support agent").exists()


def test_a_role_of_ones_own_is_made_and_deleted_and_its_members_are_told(administrator: Staff) -> None:
    allowed = Permission.objects.get(codename="view_ticket")
    administrator.post("/admin/access/role/add/", name="Reader", permissions=[str(allowed.pk)])
    grace = Staff(administrator.service, "grace", "Reader")
    assert "Your account has no role yet" not in grace.get("/admin/").text
    assert [grace.get(f"/admin/tickets/ticket/{path}").status_code for path in ("", "add/")] == [200, 403]
    delete = f"/admin/access/role/{role('Reader')}/delete/"
    assert "1 person will have no role." in text(administrator.get(delete).text)
    assert administrator.post(delete, post="yes").status_code == 302
    assert "Your account has no role yet. Ask an administrator for one." in grace.get("/admin/").text


def test_a_mistake_makes_no_role(administrator: Staff) -> None:
    allowed = str(Permission.objects.get(codename="view_ticket").pk)
    for fields, error in (
        ({"name": "Reader"}, "Tick at least one: without any, the role shows an empty desk."),
        ({"name": "Support agent", "permissions": [allowed]}, "Another role has this name."),
    ):
        assert error in text(administrator.post("/admin/access/role/add/", **fields).text)
    assert Group.objects.count() == 3


def test_the_history_says_what_was_done_to_a_colleague(administrator: Staff) -> None:
    administrator.post(ADD, **colleague())
    administrator.post(page_of("grace"), **colleague(role=role("Support lead")))
    history = text(administrator.get(page_of("grace").replace("change", "history")).text)
    for sentence in ("ada added this staff member.", "ada changed Role."):
        assert sentence in history


def test_pages_speak_of_staff_and_roles_alone(administrator: Staff) -> None:
    for path in ("/admin/", "/admin/access/staffmember/", ADD, "/admin/access/role/", page_of("ada")):
        shown = text(administrator.get(path).text)
        assert "Staff" in shown
        assert "Roles" in shown
        for word in ("Authentication and Authorization", "Users", "Groups", "Staff status"):
            assert word not in shown, path
