"""The support desk in dark mode, on a phone, and without requests to other hosts."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.processes import wait_until
from tests.service import Service
from webhooks.models import Receiver

PAGES = ["/admin/", "/admin/tickets/ticket/", "/admin/tickets/ticket/add/", "/admin/contacts/contact/"]
PAGES += ["/admin/webhooks/receiver/", "/admin/webhooks/delivery/", "/admin/access/staffmember/"]


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


def test_nothing_sticks_out_on_a_phone(desk: Page, service: Service) -> None:
    desk.set_viewport_size({"width": 390, "height": 800})
    for path in pages(service):
        desk.goto(path)
        assert desk.evaluate("document.documentElement.scrollWidth") <= 390, path
    desk.goto("/admin/tickets/ticket/")
    expect(desk.get_by_role("button", name=re.compile("Resolve #"))).to_be_in_viewport()


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
