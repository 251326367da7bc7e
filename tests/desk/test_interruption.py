"""What staff press or save after their session has ended: nothing is changed, nothing typed is lost."""

import re
from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from contacts.models import Contact
from tests.desk.conftest import PASSWORD
from tests.desk.pages import press
from tests.service import Service
from tests.staff import Staff
from tickets.models import Ticket
from webhooks.models import Receiver

SIGNED_OUT = "You were signed out; nothing was changed."
OUT_OF_DATE = "This page was older than your sign-in; nothing was changed."
ADD = "/admin/tickets/ticket/add/"


@pytest.fixture
def page(context: BrowserContext, service: Service) -> Page:
    """A page of a superuser who has signed in with a password."""
    hashed = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)  # one, to be fast
    get_user_model().objects.create(username="ada", is_staff=True, is_superuser=True, password=hashed)
    page = context.new_page()
    page.goto("/admin/")
    sign_in(page)
    return page


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.fill("#id_username", "ada")
    page.fill("#id_password", password)
    press(page, "Sign in")


def sign_in_anew(page: Page) -> None:
    """Signs out and in again in another tab."""
    other = page.context.new_page()
    other.goto("/admin/")
    with other.expect_navigation():
        other.evaluate("document.querySelector('#logout-form').submit()")
    other.goto("/admin/")
    sign_in(other)
    other.close()


def test_a_button_after_a_night_leads_back_to_its_page(page: Page, service: Service) -> None:
    ticket = service.open_ticket().json()["id"]
    page.goto(f"/admin/tickets/ticket/{ticket}/change/")
    Session.objects.all().delete()
    press(page, "Resolve")
    expect(page.get_by_text(SIGNED_OUT)).to_be_visible()
    sign_in(page, "wrong")
    sign_in(page)
    expect(page).to_have_url(f"{service.url}/admin/tickets/ticket/{ticket}/change/")
    expect(page.get_by_text(SIGNED_OUT)).to_be_visible()
    assert Ticket.objects.get().status == "open"
    press(page, "Resolve")
    assert Ticket.objects.get().status == "resolved"


def test_a_button_of_a_list_leads_back_to_the_list(page: Page, service: Service) -> None:
    ticket = service.open_ticket().json()["id"]
    page.goto("/admin/tickets/ticket/?status__exact=open&q=broken")
    Session.objects.all().delete()
    press(page, f"Resolve #{ticket}")
    sign_in(page)
    expect(page).to_have_url(re.compile(r"/ticket/\?.*q=broken"))
    expect(page.locator("#result_list tr.data-row")).to_have_count(1)
    expect(page.get_by_text(SIGNED_OUT)).to_be_visible()
    assert Ticket.objects.get().status == "open"


def stored() -> list[object]:
    texts = [Ticket.objects.values_list("issue_description"), Contact.objects.values_list("full_name")]
    return [list(each) for each in [*texts, Receiver.objects.values_list("description")]]


@pytest.mark.parametrize("anew", [False, True], ids=["signed out", "signed in anew"])
def test_what_was_typed_is_in_the_form_again(page: Page, service: Service, anew: bool) -> None:
    contact = service.open_ticket().json()["contact_id"]
    receiver = Receiver.objects.create(url="https://example.com/", description="Warehouse")
    receiver.headers = {"X-Key": "s3cr3t"}
    receiver.save()
    forms = {
        ADD: {"full_name": "Bob", "email": "bob@example.com", "issue_description": "It hums,\n<b>loudly</b>."},
        f"/admin/contacts/contact/{contact}/change/": {"full_name": "Ada King", "email": "king@example.com"},
        f"/admin/webhooks/receiver/{receiver.pk}/change/": {"description": "Shop", "url": "https://example.net/"},
    }
    for path, values in forms.items():
        page.goto(path)
        for name, value in values.items():
            page.fill(f"#id_{name}", value)
        before = stored()
        sign_in_anew(page) if anew else Session.objects.all().delete()
        press(page, "Save")
        if not anew:
            sign_in(page)
        expect(page.get_by_text(OUT_OF_DATE if anew else SIGNED_OUT)).to_be_visible()
        for name, value in values.items():
            expect(page.locator(f"#id_{name}")).to_have_value(value)
        assert stored() == before
        press(page, "Save")
        assert stored() != before
        page.goto(path)
        assert page.locator(f"#id_{name}").input_value() == ("" if path == ADD else value)
    assert Ticket.objects.get(contact__full_name="Bob").issue_description == "It hums,\n<b>loudly</b>."
    assert (Receiver.objects.get().description, Receiver.objects.get().headers) == ("Shop", {"X-Key": "s3cr3t"})
    assert "s3cr3t" not in str([each.get_decoded() for each in Session.objects.all()])


def test_a_button_of_a_page_older_than_the_sign_in_changes_nothing(page: Page, service: Service) -> None:
    ticket = service.open_ticket().json()["id"]
    page.goto(f"/admin/tickets/ticket/{ticket}/change/")
    sign_in_anew(page)
    press(page, "Resolve")
    expect(page).to_have_url(f"{service.url}/admin/tickets/ticket/{ticket}/change/")
    expect(page.get_by_text(OUT_OF_DATE)).to_be_visible()
    assert Ticket.objects.get().status == "open"
    press(page, "Resolve")
    assert Ticket.objects.get().status == "resolved"


def test_another_site_fills_in_no_form(in_process: Service, database: None) -> None:
    staff = Staff(in_process, "ada", "Support agent")
    typed = {"full_name": "Eve", "email": "eve@example.com", "issue_description": "x"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for origin in ("https://evil.example", "null", "http://["):
        url = in_process.url + ADD
        answer = staff.session.post(url, urlencode(typed), headers={**form, "Origin": origin}, allow_redirects=False)
        assert answer.status_code == 403
        assert "Nothing was changed." in answer.text
        assert "Eve" not in staff.get(ADD).text
    assert not Ticket.objects.exists()
