"""Whatever staff can press or save: who may, what is different afterwards, after a night, twice and at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
import requests
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection

from desk.base import DeskAdmin
from tests.desk.presses import PRESSES, ROLES, Press, changed, facts, furnish
from tests.processes import Gunicorn
from tests.service import Service
from tests.staff import Staff

CHANGING = [press for press in PRESSES if press.changes]


@pytest.fixture
def service(in_process: Service, database: None) -> Service:
    return in_process


def send(staff: Staff, press: Press, ids: dict[str, int], **hidden: str) -> requests.Response:
    fields = {name: value.format(**ids) for name, value in press.fields.items()}
    return staff.post("/admin/" + press.page.format(**ids), **fields, **hidden)


def token(staff: Staff, press: Press, ids: dict[str, int]) -> dict[str, str]:
    """The hidden fields of the page with the button or form."""
    page = "/admin/" + press.page.format(**ids)
    if not page.endswith(("/add/", "/change/", "/delete/")):
        page = re.sub(r"[\w-]+/$", "change/", page)
    found = re.findall(r'name="(form_token|loaded)" value="([^"]+)"', staff.get(page).text)
    return {name: unescape(value) for name, value in found}


@pytest.mark.parametrize("press", PRESSES, ids=str)
def test_of_those_who_may(service: Service, press: Press) -> None:
    ids = furnish(service)
    for role in (None, *ROLES):
        staff = Staff(service, (role or "nobody").replace(" ", "-"), role)
        before = facts()
        answer = send(staff, press, ids)
        if role is None or ROLES.index(role) < ROLES.index(press.least):
            assert (answer.status_code == 403 or "action" in press.fields, changed(before)) == (True, set()), role
        elif role == press.least:
            assert (answer.status_code in {200, 302}, changed(before)) == (True, press.changes)
            assert press.answer in answer.text


@pytest.mark.parametrize("press", PRESSES, ids=str)
def test_after_a_night(service: Service, press: Press) -> None:
    ids = furnish(service)
    staff = Staff(service, "ada", is_superuser=True)
    Session.objects.all().delete()
    before = facts()
    assert "You were signed out; nothing was changed." in send(staff, press, ids).text
    assert changed(before) == set()


@pytest.mark.parametrize("press", CHANGING, ids=str)
def test_pressed_at_once_it_is_done_once(gunicorn: Gunicorn, press: Press) -> None:
    ids = furnish(gunicorn)
    staff = Staff(gunicorn, "ada", is_superuser=True)
    hidden = token(staff, press, ids)
    before = facts()
    with ThreadPoolExecutor(4) as pool:
        statuses = set(pool.map(lambda _: send(staff, press, ids, **hidden).status_code, range(4)))
    connection.close()
    assert statuses <= {200, 302}
    assert changed(before) == press.changes
    assert all(len(rows) <= len(before[name]) + 1 for name, rows in facts().items())
    assert LogEntry.objects.count() <= 1 or "action" in press.fields


def test_none_is_missing() -> None:
    pressed = {each.page.split("/")[-2] for each in PRESSES} | {each.fields.get("action") for each in PRESSES}
    for model in filter(admin.site.is_registered, apps.get_models()):
        page = admin.site.get_model_admin(model)
        assert isinstance(page, DeskAdmin)
        assert {button.name for button in page.buttons} <= pressed
        assert set(page.actions or []) <= pressed
