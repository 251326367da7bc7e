"""axe finds no serious or critical violation of WCAG 2.1 A and AA on any page of the desk, light and dark."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, Page

from tests.desk.pages import Texts, fill, sign_in
from tests.service import Service

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RUN = """rules => axe.run({
    resultTypes: ["violations"],
    runOnly: rules ? {type: "rule", values: rules}
        : {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
})"""

# As the desk's own switch does; without the transitions, in the middle of which colours mean nothing.
DARK = """() => {
    const still = new CSSStyleSheet();
    still.replaceSync("* { transition: none !important }");
    document.adoptedStyleSheets.push(still);
    document.documentElement.className = "dark";
}"""


def violations(page: Page, rules: list[str] | None = None) -> set[tuple[str, str]]:
    """The rules that the page breaks seriously, each with the first element that does."""
    result: dict[str, Any] = page.evaluate(RUN, rules)
    return {
        (violation["id"], node["html"][:160])
        for violation in result["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"][:2]
    }


def look_at(page: Page, path: str) -> dict[tuple[str, str], str]:
    """Violations with where they were found; colours are looked at in the dark too."""
    page.emulate_media(color_scheme="light")
    page.goto(path)
    page.evaluate(AXE)
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    page.evaluate(DARK)
    dark = violations(page, ["color-contrast", "link-in-text-block"])
    return {**dict.fromkeys(found, path), **dict.fromkeys(dark, f"{path} in the dark")}


def test_the_support_desks_pages(browser: Browser, service: Service) -> None:
    context = browser.new_context(base_url=service.url, reduced_motion="reduce")
    sign_in(context, service, "ada", is_superuser=True)
    page = context.new_page()
    found: dict[tuple[str, str], str] = {}
    for path in fill(service, Texts()):
        found |= look_at(page, path)
    context.close()
    assert [f"{where}: {rule} {html}" for (rule, html), where in found.items()] == []


def test_the_sign_in_page(browser: Browser, service: Service) -> None:
    page = browser.new_page(base_url=service.url, reduced_motion="reduce")
    assert look_at(page, "/admin/login/") == {}
    page.close()
