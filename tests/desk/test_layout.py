"""Every page of the support desk at the widths of screens: nothing sticks out, scrolls sideways or breaks a word."""

import pytest
from playwright.sync_api import Page

from tests.desk.flaws import BROKEN, SMALL_OR_WIDE
from tests.desk.pages import Texts, fill
from tests.service import Service

# Pixels: a laptop, a tablet, 200 % zoom of a laptop, a phone.
WIDTHS = [1280, 1024, 640, 390]
LISTS = ["/admin/tickets/ticket/?status__exact=open", "/admin/tickets/ticket/?status__exact=resolved"]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen_or_breaks_a_word(desk: Page, service: Service, width: int) -> None:
    paths = [*fill(service, Texts()), *LISTS]
    desk.set_viewport_size({"width": width, "height": 800})
    flaws = {}
    for path in paths:
        desk.goto(path)
        desk.evaluate("document.fonts.ready")
        if found := desk.evaluate(BROKEN) + desk.evaluate(SMALL_OR_WIDE):
            flaws[path] = found
        assert desk.evaluate("document.documentElement.scrollWidth") <= width, path
    assert flaws == {}
