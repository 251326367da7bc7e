"""The support desk in dark mode, on a phone, and without requests to other hosts."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.desk.flaws import SMALL_OR_WIDE
from tests.desk.pages import Texts, fill
from tests.processes import wait_until
from tests.service import Service
from tests.staff import Staff
from tickets.models import Ticket
from webhooks.models import Receiver

PAGES = ["/admin/", "/admin/tickets/ticket/", "/admin/tickets/ticket/add/", "/admin/contacts/contact/"]
PAGES += ["/admin/webhooks/receiver/", "/admin/webhooks/delivery/", "/admin/access/staffmember/"]
WIDTHS = {"phone": 390, "200 % zoom of 1280": 640}


def pages(service: Service) -> list[str]:
    ticket = service.open_ticket(issue_description="unbroken" * 100).json()["id"]
    receiver = Receiver.objects.create(url="http://127.0.0.1:9/" + "x" * 200)
    return [*PAGES, f"/admin/tickets/ticket/{ticket}/change/", f"/admin/webhooks/receiver/{receiver.pk}/change/"]


def luminance(page: Page, selector: str, property: str) -> float:
    """The luminance of the computed colour, 0 to 255."""
    script = """([selector, property]) => {
        const canvas = document.createElement("canvas").getContext("2d");
        canvas.fillStyle = getComputedStyle(document.querySelector(selector))[property];
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((a, b) => a + b) / 3;
    }"""
    return float(page.evaluate(script, [selector, property]))


def test_it_is_dark_where_the_system_is(desk: Page, service: Service) -> None:
    ticket = pages(service)[-2]
    for scheme, surface, text in (("light", range(200, 256), range(100)), ("dark", range(60), range(180, 256))):
        desk.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        desk.goto(ticket)
        # Colours may change gradually.
        wait_until(lambda: round(luminance(desk, ".desk-panel", "backgroundColor")) in surface, what=scheme)  # noqa: B023
        wait_until(lambda: round(luminance(desk, "#text", "color")) in text, what=scheme)  # noqa: B023


def test_nothing_sticks_out_or_is_too_small_to_touch(desk: Page, service: Service) -> None:
    long = "unbroken" * 20
    texts = Texts(name=long, description=long, receiver=long, header=long, answer=long, user=long, key=long)
    paths = fill(service, texts)
    for name, width in WIDTHS.items():
        desk.set_viewport_size({"width": width, "height": 800})
        for path in paths:
            desk.goto(path)
            assert desk.evaluate("document.documentElement.scrollWidth") <= width, (path, name)
            assert desk.evaluate(SMALL_OR_WIDE) == [], (path, name)
    desk.goto("/admin/tickets/ticket/")
    expect(desk.get_by_role("button", name=re.compile("Resolve #"))).to_be_in_viewport()
    ticket = Ticket.objects.filter(status="open").latest("pk")
    desk.set_viewport_size({"width": 390, "height": 800})
    desk.goto(f"/admin/tickets/ticket/{ticket.pk}/change/")
    heading = desk.get_by_role("heading", level=1, name=f"#{ticket.pk}")
    assert heading.evaluate("element => element.scrollWidth <= element.clientWidth")
    expect(heading).to_be_in_viewport()


def test_a_long_word_leaves_resolve_on_the_screen(desk: Page, service: Service) -> None:
    service.open_ticket(issue_description="unbroken" * 100)
    for width in (1280, 1024):
        desk.set_viewport_size({"width": width, "height": 800})
        desk.goto("/admin/tickets/ticket/")
        expect(desk.get_by_role("button", name=re.compile("Resolve #"))).to_be_in_viewport(ratio=1)


def test_the_menu_of_actions_is_for_narrow_screens(desk: Page, service: Service) -> None:
    receiver = pages(service)[-1]
    for width in (1280, 390):
        desk.set_viewport_size({"width": width, "height": 800})
        desk.goto(receiver)
        expect(desk.get_by_role("link", name="History")).to_have_count(1 if width == 1280 else 0)
        expect(desk.get_by_role("button", name="More actions")).to_be_visible(visible=width == 390)


def test_each_text_has_the_direction_of_its_script(desk: Page, service: Service) -> None:
    ticket = service.open_ticket(full_name="محمد", issue_description="مرحبا\n\nHello").json()
    desk.goto(f"/admin/tickets/ticket/{ticket['id']}/change/")
    direction = "element => getComputedStyle(element).direction"
    assert desk.locator("#text").evaluate(direction) == "rtl"
    assert desk.locator(".desk-name bdi").evaluate(direction) == "rtl"
    desk.goto(f"/admin/contacts/contact/{ticket['contact_id']}/change/")
    assert desk.locator("#id_full_name").evaluate(direction) == "rtl"
    desk.goto("/admin/tickets/ticket/")
    for column in ("text", "contact_card"):
        assert desk.locator(f"#result_list .field-{column} bdi").evaluate(direction) == "rtl", column
    desk.goto("/admin/tickets/ticket/add/")
    for field in ("full_name", "issue_description"):
        desk.fill(f"#id_{field}", "שלום")
        assert desk.locator(f"#id_{field}").evaluate(direction) == "rtl", field


@pytest.mark.parametrize("name", ["\u200b\u200b", "\u2800", "\u3164", "\u00ad", "\u202e\u2066"])
def test_a_name_that_shows_nothing_is_still_a_link(service: Service, name: str) -> None:
    contact = service.open_ticket(full_name=name, issue_description="\u200b").json()["contact_id"]
    staff = Staff(service, "grace", "Support lead")
    for path in ("/admin/tickets/ticket/", "/admin/contacts/contact/", f"/admin/contacts/contact/{contact}/change/"):
        assert "(no visible name)" in staff.get(path).text, path
    assert "(no visible text)" in staff.get("/admin/tickets/ticket/").text


def test_no_page_asks_anybody_else(desk: Page, service: Service) -> None:
    asked: set[str] = set()
    failed: set[str] = set()
    errors: list[str] = []
    desk.on("request", lambda request: asked.add(request.url))
    desk.on("response", lambda response: failed.add(response.url) if response.status >= 400 else None)
    desk.on("pageerror", lambda error: errors.append(str(error)))
    for path in pages(service):
        desk.goto(path, wait_until="networkidle")
    assert [url for url in asked if not url.startswith((service.url, "data:"))] == []
    assert failed == set()
    assert errors == []


def test_the_command_palette_finds_pages_whatever_it_is_asked(desk: Page, service: Service) -> None:
    for page in ("1", "0", "999", "nonsense"):
        answer = desk.request.get(f"/admin/search/?s=receiv&extended=1&page={page}")
        assert answer.status == 200, page
        assert "/admin/webhooks/receiver/" in answer.text(), page


def test_the_sign_in_page_bears_the_name_and_leads_home(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/admin/login/")
    expect(page.get_by_role("heading", name="Ticket Loop")).to_be_visible()
    icon = page.locator("link[rel=icon]").get_attribute("href")
    assert icon is not None
    assert page.request.get(icon).headers["content-type"] == "image/svg+xml"
