"""Staff sign in, search and resolve with the keyboard alone."""

from django.contrib.auth import get_user_model
from playwright.sync_api import BrowserContext, Page, expect

from tests.desk.conftest import PASSWORD
from tests.service import Service
from tickets.models import Ticket

MAX_STEPS = 60


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(MAX_STEPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def test_from_signing_in_to_a_resolved_ticket(context: BrowserContext, service: Service) -> None:
    get_user_model().objects.create_superuser("ada", password=PASSWORD)
    service.open_ticket(issue_description="The printer is on fire.")
    service.open_ticket(issue_description="Something else.")
    page = context.new_page()
    page.goto("/admin/tickets/ticket/")
    for selector, text in (("#id_username", "ada"), ("#id_password", PASSWORD)):
        tab_to(page, selector)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tr.data-row")).to_have_count(2)
    tab_to(page, "#searchbar")
    page.keyboard.type("printer")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tr.data-row")).to_have_count(1)
    tab_to(page, "#result_list tr.data-row a[href*='/change/']")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_contain_text("The printer is on fire.")
    tab_to(page, "form[action*='resolve-one'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 ticket resolved.")).to_be_visible()
    assert Ticket.objects.get(status="resolved").issue_description == "The printer is on fire."
