"""A form sent twice adds one object; two people who correct one thing do not undo each other."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import psycopg
import pytest
import requests
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection

from access.models import ApiKey
from contacts.models import Contact
from tests.locks import waiting
from tests.processes import Gunicorn, wait_until
from tests.service import Service
from tests.staff import Staff
from tickets.models import Ticket
from webhooks.models import Receiver

pytestmark = pytest.mark.usefixtures("fast_password_hasher")

TICKET = {"full_name": "Bob", "email": "bob@example.com", "issue_description": "It hums."}
RECEIVER = {"description": "Shop", "url": "https://example.com/", "body_format": "ticket", "timeout": "10"}
ADD_TICKET = "/admin/tickets/ticket/add/"


def hidden(staff: Staff, path: str) -> dict[str, str]:
    """The hidden fields with which the page tells one form from another."""
    page = staff.get(path).text
    fields = re.findall(r'<input type="hidden" name="(form_token|loaded)" value="([^"]+)">', page)
    assert fields
    return {name: unescape(value) for name, value in fields}


def shown(answer: requests.Response) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", answer.text)).split())


ADDED: list[tuple[str, dict[str, str], Callable[[], int], str]] = [
    (ADD_TICKET, TICKET, Ticket.objects.count, ""),
    ("/admin/webhooks/receiver/add/", {**RECEIVER, "events": "ticket.created"}, Receiver.objects.count, ""),
    ("/admin/access/apikey/add/", {"name": "shop", "scopes": "tickets:read"}, ApiKey.objects.count, "revoke this one"),
]


@pytest.mark.parametrize(("path", "fields", "count", "hint"), ADDED, ids=["ticket", "receiver", "API key"])
def test_a_form_sent_twice_adds_one(
    service: Service, path: str, fields: dict[str, str], count: Callable[[], int], hint: str
) -> None:
    staff = Staff(service, "ada", is_superuser=True)
    first, second = hidden(staff, path), hidden(staff, path)
    assert staff.post(path, **fields, **first).status_code in {200, 302}
    again = staff.post(path, **{**fields, **first})
    assert (count(), again.status_code) == (1, 302)
    page = shown(staff.get(again.headers["Location"]))
    assert "The form was sent twice" in page
    assert hint in page
    staff.post(path, **fields, **second)
    assert count() == 2


def test_a_mistake_does_not_use_up_the_form(service: Service) -> None:
    staff = Staff(service, "ada", "Support agent")
    form = hidden(staff, ADD_TICKET)
    assert staff.post(ADD_TICKET, **{**TICKET, "email": "nobody"}, **form).status_code == 200
    assert staff.post(ADD_TICKET, **TICKET, **form).status_code == 302
    assert Ticket.objects.count() == 1


def test_of_many_presses_at_once_one_opens_a_ticket(gunicorn: Gunicorn) -> None:
    staff = Staff(gunicorn, "ada", "Support agent")
    form = hidden(staff, ADD_TICKET)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: staff.post(ADD_TICKET, **TICKET, **form), range(8)))
    connection.close()
    ticket = Ticket.objects.get()
    where = {(answer.status_code, answer.headers.get("Location")) for answer in answers}
    assert where == {(302, f"/admin/tickets/ticket/{ticket.pk}/change/")}


PRESSED = ["send-test-event", "replay", "rotate-secret"]


@pytest.mark.parametrize("name", PRESSED)
def test_a_button_pressed_twice_does_it_once(service: Service, name: str) -> None:
    staff = Staff(service, "ada", is_superuser=True)
    receiver = Receiver.objects.create(**RECEIVER)
    page = f"/admin/webhooks/receiver/{receiver.pk}"
    sent = {"since": "2026-01-01T00:00", "hours": "24", **hidden(staff, f"{page}/change/")}
    for _ in range(2):
        assert staff.post(f"{page}/{name}/", **sent).status_code == 302
    assert LogEntry.objects.count() == 1
    assert "was pressed twice; it was done once." in shown(staff.get(f"{page}/change/"))
    staff.post(f"{page}/{name}/", **{**sent, **hidden(staff, f"{page}/change/")})
    assert LogEntry.objects.count() == 2


def test_a_receiver_whose_deletion_is_sent_twice_is_deleted_once(service: Service) -> None:
    staff = Staff(service, "ada", is_superuser=True)
    receiver = Receiver.objects.create(**RECEIVER)
    page = f"/admin/webhooks/receiver/{receiver.pk}/delete/"
    form = hidden(staff, page)
    answers = [staff.post(page, post="yes", **form) for _ in range(2)]
    assert [answer.headers.get("Location") for answer in answers] == ["/admin/webhooks/receiver/"] * 2
    assert not Receiver.objects.exists()


def test_a_button_that_failed_may_be_pressed_again(service: Service, database_url: str) -> None:
    staff = Staff(service, "ada", is_superuser=True)
    receiver = Receiver.objects.create(**RECEIVER)
    page = f"/admin/webhooks/receiver/{receiver.pk}"
    form = hidden(staff, f"{page}/change/")
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM webhook_receivers FOR UPDATE")
        assert staff.post(f"{page}/disable/", **form).status_code == 503
    assert staff.post(f"{page}/disable/", **form).status_code == 302
    receiver.refresh_from_db()
    assert not receiver.enabled
    assert "pressed twice" not in shown(staff.get(f"{page}/change/"))


def test_a_deletion_that_was_refused_is_not_said_to_be_done(service: Service) -> None:
    staff = Staff(service, "ada", "Support lead")
    receiver = Receiver.objects.create(**RECEIVER)
    sent = {"post": "yes", "form_token": "a" * 32}
    answers = [staff.post(f"/admin/webhooks/receiver/{receiver.pk}/delete/", **sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [403, 403]


def test_signing_out_elsewhere_meanwhile_spoils_no_save(gunicorn: Gunicorn, database_url: str) -> None:
    page = f"/admin/contacts/contact/{gunicorn.open_ticket().json()['contact_id']}/change/"
    staff = Staff(gunicorn, "ada", "Support lead")
    fields = {"full_name": "Ada King", "email": "ada@example.com", **hidden(staff, page)}
    with psycopg.connect(database_url) as other, ThreadPoolExecutor(1) as pool, connection.cursor() as cursor:
        other.execute("SELECT FROM contacts FOR UPDATE")
        saving = pool.submit(staff.post, page, **fields)
        wait_until(lambda: waiting(cursor), what="the request that waits for the contact")
        Session.objects.all().delete()
        other.rollback()
        assert saving.result().status_code == 302
    assert Contact.objects.get().full_name == "Ada King"


def test_who_comes_second_is_told_who_was_faster(service: Service) -> None:
    page = f"/admin/tickets/ticket/{service.open_ticket().json()['id']}"
    ada, grace = Staff(service, "ada", "Support agent"), Staff(service, "grace", "Support agent")
    forms = [(staff, hidden(staff, f"{page}/change/")) for staff in (ada, grace)]
    for staff, form in forms:
        staff.post(f"{page}/resolve-one/", **form)
    assert "was already resolved by ada." in shown(grace.get(f"{page}/change/"))


def test_who_corrects_a_contact_is_told_what_changed_meanwhile(service: Service) -> None:
    page = f"/admin/contacts/contact/{service.open_ticket().json()['contact_id']}/change/"
    ada, grace = Staff(service, "ada", "Support lead"), Staff(service, "grace", "Support lead")
    seen, seen_by_grace = hidden(ada, page), hidden(grace, page)
    grace.post(page, full_name="Ada King", email="ada@example.com", **seen_by_grace)
    mine = {"full_name": "Ada Byron", "email": "byron@example.com"}
    answer = ada.post(page, **mine, **seen)
    assert answer.status_code == 200
    assert "grace has changed this since you opened it. It is now “Ada King”." in shown(answer)
    assert shown(answer).count("since you opened it") == 1  # the address is as it was
    for value in mine.values():
        assert f'value="{value}"' in answer.text
    assert Contact.objects.get().full_name == "Ada King"
    known = unescape(re.findall(r'name="loaded" value="([^"]+)"', answer.text)[0])
    assert ada.post(page, **mine, loaded=known).status_code == 302
    assert Contact.objects.get().full_name == "Ada Byron"


def test_the_same_correction_by_two_is_no_conflict(service: Service) -> None:
    page = f"/admin/contacts/contact/{service.open_ticket().json()['contact_id']}/change/"
    ada, grace = Staff(service, "ada", "Support lead"), Staff(service, "grace", "Support lead")
    forms = [(each, hidden(each, page)) for each in (ada, grace)]
    for each, seen in forms:
        assert each.post(page, full_name="Ada King", email="ada@example.com", **seen).status_code == 302


def test_receivers_staff_and_roles_are_kept_as_well(service: Service) -> None:
    receiver = Receiver.objects.create(**RECEIVER)
    ada = Staff(service, "ada", is_superuser=True)
    grace = Staff(service, "grace", "Support agent")
    user = get_user_model().objects.get(username="grace")
    lead = Group.objects.get(name="Support lead")
    forms = {
        f"/admin/webhooks/receiver/{receiver.pk}/change/": {**RECEIVER, "events": "ticket.created"},
        f"/admin/access/staffmember/{user.pk}/change/": {"username": "grace", "is_active": "on", "role": ""},
    }
    seen = {path: hidden(ada, path) for path in forms}
    receiver.headers = {"X-Key": "s3cr3t"}
    receiver.save()
    user.groups.set([lead])
    answers = {path: shown(ada.post(path, **fields, **seen[path])) for path, fields in forms.items()}
    for answer, text in zip(answers.values(), ("", "It is now “Support lead”."), strict=True):
        assert f"Somebody has changed this since you opened it. {text}".strip() in answer
    receiver.refresh_from_db()
    assert receiver.headers == {"X-Key": "s3cr3t"}
    assert list(user.groups.all()) == [lead]
    assert grace.get("/admin/").status_code == 200
