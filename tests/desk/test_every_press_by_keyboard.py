"""Whatever staff can press or save is reached, filled in and pressed by keyboard alone."""

import pytest
from django.apps import apps
from django.contrib import admin
from playwright.sync_api import Locator, Page, expect

from desk.base import DeskAdmin
from tests.desk.presses import PRESSES, Press, changed, facts, furnish
from tests.desk.test_keyboard import MAX_STEPS, tab_to_named
from tests.service import Service

pytestmark = pytest.mark.slow


def label(press: Press) -> tuple[str, bool]:
    """The text of the button that does this, and whether it is on a page of its own, behind a link with that text."""
    app, model, *_, name = press.page.strip("/").split("/")
    page = admin.site.get_model_admin(apps.get_model(app, model))
    assert isinstance(page, DeskAdmin)
    named = {button.name: (button.label, bool(button.form)) for button in page.buttons}
    return {**named, "delete": (f"Delete {page.opts.verbose_name}", True)}.get(name, ("Save", False))


def fill_in(page: Page, name: str, value: str) -> None:
    """Moves to the field by Tab, and types or ticks."""
    field = page.locator(f"#content [name={name}]:not([type=hidden])")
    if field.count() > 1:
        field = field.and_(page.locator(f"[value='{value}']"))
    tab_to_field(page, field)
    kind = field.evaluate("field => field.type")
    if kind == "checkbox":
        if not field.is_checked():
            page.keyboard.press("Space")
    elif kind == "select-one":
        page.keyboard.type(field.locator(f"option[value='{value}']").inner_text())
    elif kind == "datetime-local":
        for part in ("0101", "2026", "120000AM"):
            page.keyboard.type(part)
            if part == "2026":  # years may have more digits
                page.keyboard.press("ArrowRight")
    else:
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(value)


def tab_to_field(page: Page, field: Locator) -> None:
    for _ in range(MAX_STEPS):
        if field.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{field} is not reached by Tab")


@pytest.mark.parametrize("press", [press for press in PRESSES if "action" not in press.fields], ids=str)
def test_by_keyboard_alone(desk: Page, service: Service, press: Press) -> None:
    ids = furnish(service)
    path = "/admin/" + press.page.format(**ids)
    (name, has_own_page), before = label(press), facts()
    desk.goto(path if name == "Save" else path.removesuffix(f"{press.page.split('/')[-2]}/") + "change/")
    if has_own_page:
        tab_to_named(desk, "link", name)
        desk.keyboard.press("Enter")
        expect(desk).to_have_url(f"{service.url}{path}")
    for field, value in press.fields.items():
        if field != "post":
            fill_in(desk, field, value.format(**ids))
    tab_to_named(desk, "button", name)
    if press.page.endswith("/export/"):
        with desk.expect_download() as download:
            desk.keyboard.press("Enter")
        assert press.answer in download.value.path().read_text()
        return
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    assert changed(before) == press.changes
    if press.answer:
        expect(desk.get_by_text(press.answer).first).to_be_visible()


@pytest.mark.parametrize("press", [press for press in PRESSES if "action" in press.fields], ids=str)
def test_a_bulk_action_by_keyboard_alone(desk: Page, service: Service, press: Press) -> None:
    ids = furnish(service)
    before = facts()
    desk.goto(f"/admin/{press.page}")
    tab_to_field(desk, desk.locator(f".action-select[value='{press.fields['_selected_action'].format(**ids)}']"))
    desk.keyboard.press("Space")
    action = desk.locator("select[name=action]")
    tab_to_field(desk, action)
    desk.keyboard.type(action.locator(f"option[value={press.fields['action']}]").inner_text())
    tab_to_field(desk, desk.locator("button[name=index]"))
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    assert changed(before) == press.changes
