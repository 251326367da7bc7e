"""Swagger UI and ReDoc show the API in a real browser without a request to anybody else."""

import pytest
from playwright.sync_api import Browser, expect

from tests.processes import Service


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_page_shows_the_operations_and_asks_nobody_else(browser: Browser, service: Service, path: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(service.url + path, wait_until="networkidle")
    expect(page.get_by_text("Open a ticket").locator("visible=true").first).to_be_visible()
    assert [url for url in asked if not url.startswith((service.url, "data:", "blob:"))] == []
    page.close()
