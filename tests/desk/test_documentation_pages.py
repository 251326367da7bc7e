"""Swagger UI and ReDoc show the API in a real browser without a request to anybody else."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.service import Service


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_page_shows_the_operations_and_asks_nobody_else(
    context: BrowserContext, service: Service, path: str
) -> None:
    page = context.new_page()
    asked: set[str] = set()
    refused: set[str] = set()  # by the page's own Content-Security-Policy, so that nobody was asked
    page.on("request", lambda request: asked.add(request.url))
    page.on("requestfailed", lambda request: refused.add(request.url) if request.failure == "csp" else None)
    page.goto(service.url + path, wait_until="networkidle")
    expect(page.get_by_text("Open a ticket").locator("visible=true").first).to_be_visible()
    assert [url for url in asked - refused if not url.startswith((service.url, "data:", "blob:"))] == []
