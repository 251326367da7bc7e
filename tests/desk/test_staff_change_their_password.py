"""Staff change their own password at the desk, and stay signed in."""

from playwright.sync_api import Page, expect

from tests.desk.conftest import PASSWORD

NEW = "a wholly different passphrase"


def test_a_changed_password_is_the_one_that_works(desk: Page) -> None:
    desk.goto("/admin/password_change/")
    desk.fill("#id_old_password", PASSWORD)
    desk.fill("#id_new_password1", NEW)
    desk.fill("#id_new_password2", NEW)
    desk.locator("#content button[type=submit]").click()
    expect(desk.locator("body")).to_contain_text("Your password was changed.")
    response = desk.goto("/admin/tickets/ticket/")
    assert response is not None
    assert response.url.endswith("/admin/tickets/ticket/")
    desk.context.clear_cookies()
    desk.goto("/admin/")
    for password, title in ((PASSWORD, "Log in"), (NEW, "Support desk")):
        desk.fill("#id_username", "ada")
        desk.fill("#id_password", password)
        desk.click("button[type=submit]")
        expect(desk).to_have_title(f"{title} | Ticket Loop")
