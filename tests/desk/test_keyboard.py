"""Staff work with the keyboard alone, and with a screen reader."""

import re

from django.contrib.auth import get_user_model
from playwright.sync_api import BrowserContext, Page, expect

from tests.desk.conftest import PASSWORD
from tests.service import Service
from tickets.models import Ticket

# What a screen reader finds on the page of an open ticket, in this order.
TICKET = """
- main:
  - button "Resolve"
  - navigation "Tickets in the list":
    - link "Back to the list"
  - region "Message":
    - heading "Message" [level=2]
  - region "Timeline":
    - heading "Timeline" [level=2]
  - complementary "Contact":
    - heading "Contact" [level=2]
    - heading "Their other tickets" [level=3]
"""
MAX_STEPS = 150
ROWS = "#result_list tr.data-row"
MESSAGE = re.compile("resolved")
ICONS = re.compile(r"dock_to_right|filter_list|unfold_more|chevron_right|space_dashboard|confirmation_number")


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the element has the focus."""
    for _ in range(MAX_STEPS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def tab_to_named(page: Page, role: str, name: str) -> None:
    """Presses Tab until the element with this role and name has the focus."""
    element = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    for _ in range(MAX_STEPS):
        if element.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{role} {name} is not reached by Tab")


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
    expect(page.locator(ROWS)).to_have_count(2)
    tab_to(page, "#searchbar")
    page.keyboard.type("printer")
    page.keyboard.press("Enter")
    expect(page.locator(ROWS)).to_have_count(1)
    tab_to(page, f"{ROWS} a[href*='/change/']")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_contain_text("The printer is on fire.")
    tab_to(page, "form[action*='resolve-one'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_focused()
    assert Ticket.objects.get(status="resolved").issue_description == "The printer is on fire."


def test_a_screen_readers_way_through_ten_tickets(desk: Page, service: Service) -> None:
    """Open the list, skip to it, read the first ticket, resolve it, hear that, and go back: ten times."""
    for number in range(10):
        service.open_ticket(issue_description=f"Wish {number}")
    desk.goto("/admin/tickets/ticket/?status__exact=open")
    for number in reversed(range(10)):
        expect(desk.locator(ROWS)).to_have_count(number + 1)
        tab_to(desk, f"{ROWS} a[href*='/change/']")
        desk.keyboard.press("Enter")
        expect(desk.locator("#text")).to_have_text(f"Wish {number}")
        expect(desk.get_by_role("main")).to_match_aria_snapshot(TICKET)
        tab_to_named(desk, "button", "Resolve")
        desk.keyboard.press("Enter")
        expect(desk.get_by_role("status").filter(has_text=MESSAGE)).to_be_focused()
        tab_to_named(desk, "link", "Back to the list")
        desk.keyboard.press("Enter")
    expect(desk.locator(ROWS)).to_have_count(0)
    assert not Ticket.objects.filter(status="open").exists()


def test_after_a_mistake_the_focus_is_on_its_field(desk: Page, service: Service) -> None:
    service.open_ticket(email="taken@example.com")
    contact = service.open_ticket(email="other@example.com").json()["contact_id"]
    desk.goto(f"/admin/contacts/contact/{contact}/change/")
    desk.fill("#id_email", "taken@example.com")
    desk.press("#id_email", "Enter")
    expect(desk.get_by_text("Another contact has this address.")).to_be_visible()
    expect(desk.locator("#id_email")).to_be_focused()
    desk.goto("/admin/access/apikey/add/")
    desk.fill("#id_name", "shop")
    desk.press("#id_name", "Enter")
    expect(desk.locator("#id_scopes_0")).to_be_focused()


def test_what_is_only_clickable_elsewhere_is_a_button_here(desk: Page, service: Service) -> None:
    service.open_ticket()
    desk.goto("/admin/tickets/ticket/")
    tab_to_named(desk, "button", "Filters")
    desk.keyboard.press("Enter")
    panel = desk.locator("#changelist-filter")
    expect(panel).to_be_visible()
    expect(panel.locator(":focus")).to_have_count(1)
    desk.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(desk.get_by_role("button", name="Filters", exact=True)).to_be_focused()

    tab_to_named(desk, "button", "Your account")
    desk.keyboard.press("Enter")
    tab_to_named(desk, "button", "Dark")
    desk.keyboard.press(" ")
    expect(desk.locator("html.dark")).to_have_count(1)
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Your account")).to_be_focused()


def test_the_menu_on_a_phone(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 800})
    desk.goto("/admin/")
    tab_to_named(desk, "button", "Menu")
    desk.keyboard.press("Enter")
    tab_to_named(desk, "link", "Receivers")
    desk.keyboard.press("Escape")
    expect(desk.get_by_role("button", name="Menu")).to_be_focused()
    expect(desk.get_by_role("link", name="Receivers")).to_be_hidden()
    desk.set_viewport_size({"width": 1280, "height": 720})


def test_the_first_tab_skips_the_menu(desk: Page, service: Service) -> None:
    service.open_ticket()
    desk.goto("/admin/tickets/ticket/")
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Skip to content")).to_be_focused()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.getElementById('content').contains(document.activeElement)")


def test_icons_are_not_read_aloud(desk: Page, service: Service) -> None:
    ticket = service.open_ticket().json()["id"]
    for path in ("/admin/", "/admin/tickets/ticket/", f"/admin/tickets/ticket/{ticket}/change/"):
        desk.goto(path)
        spoken = desk.locator("body").aria_snapshot()
        assert "Tickets" in spoken
        assert not ICONS.search(spoken), path


def test_shortcuts_follow_the_list_and_its_search(desk: Page, service: Service) -> None:
    oldest, other, newest = (
        service.open_ticket(issue_description=text).json()["id"] for text in ("A printer", "Else", "My printer")
    )
    desk.goto("/admin/tickets/ticket/?q=printer")
    desk.get_by_role("link", name=f"#{newest}", exact=True).click()
    expect(desk.locator("#text")).to_have_text("My printer")
    desk.keyboard.press("j")
    expect(desk.locator("#text")).to_have_text("A printer")
    expect(desk.get_by_role("link", name="Next")).to_have_count(0)
    desk.keyboard.press("k")
    expect(desk.locator("#text")).to_have_text("My printer")
    expect(desk.get_by_role("link", name="Previous")).to_have_count(0)
    desk.get_by_role("button", name="Resolve").click()
    expect(desk.get_by_role("status").filter(has_text=MESSAGE)).to_be_visible()
    desk.get_by_role("link", name="Back to the list").click()
    expect(desk.locator(ROWS)).to_have_count(2)
    expect(desk.locator("#searchbar")).to_have_value("printer")
    desk.goto(f"/admin/tickets/ticket/{other}/change/")
    desk.keyboard.press("j")
    desk.wait_for_url(f"**/{oldest}/change/**")


def test_shortcuts_are_turned_off_in_one_place(desk: Page, service: Service) -> None:
    first = service.open_ticket(issue_description="First").json()["id"]
    last = service.open_ticket(issue_description="Last").json()["id"]
    desk.goto(f"/admin/tickets/ticket/{last}/change/")
    desk.get_by_role("button", name="Your account").click()
    switch = desk.get_by_role("switch", name="Keyboard shortcuts")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    desk.reload()
    expect(desk.locator("kbd", has_text="j")).to_be_hidden()
    desk.keyboard.press("j")
    expect(desk.locator("#text")).to_have_text("Last")
    desk.goto("/admin/tickets/ticket/")
    desk.keyboard.press("/")
    expect(desk.locator("#searchbar")).not_to_be_focused()
    desk.get_by_role("button", name="Your account").click()
    desk.get_by_role("switch", name="Keyboard shortcuts").click()
    desk.keyboard.press("/")
    expect(desk.locator("#searchbar")).to_be_focused()
    desk.goto(f"/admin/tickets/ticket/{last}/change/")
    desk.keyboard.press("j")
    desk.wait_for_url(f"**/{first}/change/**")
