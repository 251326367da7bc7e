"""Staff change their own password at the desk, and stay signed in."""

from django.contrib.auth import get_user_model
from playwright.sync_api import BrowserContext, Page, expect

from tests.desk.conftest import PASSWORD

NEW = "a wholly different passphrase"
SIGN_IN, HOME = "Sign in | Ticket Loop", "Support desk | Ticket Loop"


def enter(page: Page, password: str) -> None:
    """Fills in and submits the form of the page at which staff sign in."""
    page.fill("#id_username", "ada")
    page.fill("#id_password", password)
    page.click("button[type=submit]")


def test_a_changed_password_is_the_one_that_works(context: BrowserContext) -> None:
    get_user_model().objects.create_superuser("ada", password=PASSWORD)
    page = context.new_page()
    page.goto("/admin/password_change/")
    enter(page, PASSWORD)
    page.fill("#id_old_password", PASSWORD)
    page.fill("#id_new_password1", NEW)
    page.fill("#id_new_password2", NEW)
    page.locator("#content button[type=submit]").click()
    expect(page.locator("body")).to_contain_text("Your password was changed.")
    response = page.goto("/admin/tickets/ticket/")
    assert response is not None
    assert response.url.endswith("/admin/tickets/ticket/")
    page.context.clear_cookies()
    page.goto("/admin/")
    for password, title in ((PASSWORD, SIGN_IN), (NEW, HOME)):
        enter(page, password)
        expect(page).to_have_title(title)
