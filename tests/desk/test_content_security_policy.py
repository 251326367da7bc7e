"""No page needs what its Content-Security-Policy forbids, and nothing hostile on it tries: the browser reports no
violation and no error."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.desk.hostile import PAYLOADS, POLYGLOT
from tests.desk.pages import Texts, fill
from tests.service import Service

RECORD = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => window.violations.push(
    `${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


def visit(page: Page, paths: list[str]) -> list[str]:
    """What the browser complained of on these pages."""
    complaints: list[str] = []
    page.add_init_script(RECORD)
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on(
        "console", lambda message: complaints.append(f"{page.url}: {message.text}") if message.type == "error" else None
    )
    for path in paths:
        response = page.goto(path, wait_until="load")
        assert response is not None
        assert response.status == 200, path
        complaints += [f"{path}: {each}" for each in page.evaluate("window.violations")]
    return complaints


def test_the_support_desks_pages(desk: Page, service: Service) -> None:
    fields = ("name", "receiver", "header", "answer", "user", "key")
    texts = Texts(description="\n".join(PAYLOADS), **dict.fromkeys(fields, POLYGLOT))
    assert visit(desk, fill(service, texts)) == []


def test_the_sign_in_page(context: BrowserContext) -> None:
    page = context.new_page()
    assert visit(page, ["/admin/login/"]) == []


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documentation_pages(context: BrowserContext, path: str) -> None:
    page = context.new_page()
    complaints = visit(page, [path])
    page.get_by_text("Open a ticket").locator("visible=true").first.wait_for()
    complaints += page.evaluate("window.violations")
    # ReDoc would load its maker's logo from elsewhere: refused, as it should be.
    assert [each for each in complaints if "cdn.redoc.ly/redoc/logo" not in each] == []
