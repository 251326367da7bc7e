"""Swagger UI and ReDoc: they show the API to everybody, on any screen, without a request to anybody else."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.desk.test_accessibility import AXE, violations
from tests.desk.test_keyboard import tab_to
from tests.service import Service

pytestmark = pytest.mark.parametrize("path", ["/docs", "/redoc"])


@pytest.fixture
def page(context: BrowserContext, service: Service) -> Page:
    return context.new_page()


def test_the_page_shows_the_operations_and_asks_nobody_else(page: Page, service: Service, path: str) -> None:
    asked: set[str] = set()
    refused: set[str] = set()  # by the page's own Content-Security-Policy, so that nobody was asked
    page.on("request", lambda request: asked.add(request.url))
    page.on("requestfailed", lambda request: refused.add(request.url) if request.failure == "csp" else None)
    page.goto(path, wait_until="networkidle")
    expect(page.get_by_text("Open a ticket").locator("visible=true").first).to_be_visible()
    assert [url for url in asked - refused if not url.startswith((service.url, "data:", "blob:"))] == []


def test_it_breaks_no_rule_of_accessibility(page: Page, path: str) -> None:
    page.goto(path, wait_until="networkidle")
    page.evaluate(AXE)
    assert violations(page) == set()


def test_it_is_no_wider_than_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(path, wait_until="networkidle")
    expect(page.get_by_text("Open a ticket").locator("visible=true").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_operation_is_opened_by_keyboard(page: Page, path: str) -> None:
    opener = {"/docs": ".opblock-post .opblock-summary-control", "/redoc": "[data-item-id='tag/tickets']"}[path]
    page.goto(path, wait_until="networkidle")
    tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(page.locator(opener).first).to_have_attribute("aria-expanded", "true")
