"""Error pages look like the desk, say what to do, lead home, and name the request for a report."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction
from playwright.sync_api import Page, expect

from access import lockout
from tests.processes import Gunicorn
from tests.service import Service
from tests.staff import CSRF_TOKEN, Staff
from ticketloop.limits import MAX_BODY
from tickets.models import Ticket

# What an operator's own host name is not; Chromium takes it for the loopback address.
OTHER_HOST = "elsewhere.localhost"


def check(page: Page, title: str, advice: str, way_out: str = "Go to the support desk") -> None:
    """The page that is shown is the desk's error page."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("alert")).to_contain_text(advice)
    expect(page.locator("#request-id")).to_be_visible()
    expect(page.get_by_role("link", name=way_out)).to_be_visible()
    assert page.locator(".desk-welcome").evaluate("each => getComputedStyle(each).display") == "flex"


def test_each_is_shown_in_the_browser(desk: Page, sign_in: Callable[..., Page], service: Gunicorn) -> None:
    deleted = service.open_ticket().json()["id"]
    Ticket.objects.all().delete()
    for path in ("/nothing-here", "/admin/nothing-here/", f"/admin/tickets/ticket/{deleted}/change/"):
        response = desk.goto(path)
        assert response is not None
        assert response.status == 404, path
        check(desk, "Page not found", "may have been deleted")
        expect(desk.locator("#request-id")).to_have_text(response.headers["x-request-id"])
    desk.get_by_role("link", name="Go to the support desk").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Support desk")
    agent = sign_in("grace", "tickets.view_ticket")
    agent.goto("/admin/access/staffmember/")
    check(agent, "Not allowed", "Your role does not allow this")
    desk.goto(service.url.replace("127.0.0.1", OTHER_HOST) + "/admin/")
    check(desk, "Bad request", "Check the address")


def test_a_form_that_is_too_large(desk: Page) -> None:
    desk.goto("/admin/tickets/ticket/add/")
    desk.evaluate(
        """length => {
        const text = document.getElementById("id_issue_description");
        text.removeAttribute("maxlength");
        text.value = "x".repeat(length);
        text.form.submit();
    }""",
        MAX_BODY,
    )
    check(desk, "Too large to send", "Nothing was saved")


@pytest.fixture
def broken(service: Service) -> Iterator[None]:
    """A database without the table of roles: no outage, but a bug."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auth_group RENAME TO auth_group_away")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auth_group_away RENAME TO auth_group")


def test_a_bug(desk: Page, broken: None) -> None:
    response = desk.goto("/admin/access/role/")
    assert response is not None
    assert response.status == 500
    check(desk, "Something went wrong", "tell an administrator")
    expect(desk.locator("#request-id")).to_have_text(response.headers["x-request-id"])


def test_an_outage(desk: Page, service: Service) -> None:
    desk.goto("/admin/")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE")
        desk.goto("/admin/tickets/ticket/")
        check(desk, "Not available right now", "try again in a moment")


def test_a_lockout(desk: Page) -> None:
    desk.context.clear_cookies()
    for _ in range(20):
        desk.goto("/admin/login/")
        desk.fill("#id_username", "ada")
        desk.fill("#id_password", "wrong")
        with desk.expect_navigation() as navigation:
            desk.keyboard.press("Enter")
        if navigation.value.status == lockout.STATUS:
            break
    check(desk, "Sign-in refused for now", "Too many failed attempts", "Back to sign-in")


def test_a_report_names_the_request(service: Service) -> None:
    agent = Staff(service, "grace", "Support agent")
    nothing = agent.post("/admin/nothing/", csrfmiddlewaretoken=CSRF_TOKEN)
    for answer in (agent.get("/admin/access/staffmember/"), nothing):
        quoted = re.search(r'<code id="request-id">([^<]+)</code>', answer.text)
        assert quoted
        assert quoted[1] == answer.headers["X-Request-ID"]
