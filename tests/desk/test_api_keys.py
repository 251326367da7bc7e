"""Staff make and revoke API keys: shown once, and every step in the history."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from playwright.sync_api import Page, expect

from access import keys
from access.models import ApiKey
from access.scopes import Scope
from tests.desk.pages import press
from tests.processes import Gunicorn
from tests.service import Service
from tests.staff import Staff


def allowed(service: Gunicorn, text: str) -> int:
    return service.request("GET", "/api/v1/tickets", headers={"Authorization": f"Api-Key {text}"}).status_code


def test_a_key_is_made_shown_once_and_revoked_in_the_admin(desk: Page, service: Gunicorn) -> None:
    desk.goto("/admin/access/apikey/add/")
    desk.fill("#id_name", "Shop <b>front</b> end")
    desk.get_by_label("tickets:read").check()
    press(desk, "Save")
    text = desk.locator("#key").inner_text()
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.get_by_role("button", name="Copy the key").click()
    expect(desk.get_by_role("button", name="Copied")).to_be_visible()
    assert desk.evaluate("navigator.clipboard.readText()") == text
    desk.context.clear_permissions()
    assert allowed(service, text) == 200

    row = ApiKey.objects.get()
    assert (row.name, row.scopes, row.expires_at) == ("Shop <b>front</b> end", ["tickets:read"], None)
    secret = text.rpartition("_")[2]
    desk.goto(f"/admin/access/apikey/{row.pk}/change/")
    expect(desk.locator("#content")).to_contain_text(f"tl_{row.prefix}_…")
    assert secret not in desk.content()

    desk.get_by_role("link", name="Revoke", exact=True).click()
    expect(desk.locator("#content")).to_contain_text("This cannot be undone.")
    assert allowed(service, text) == 200
    press(desk, "Revoke")
    expect(desk.locator("body")).to_contain_text("The key is revoked")
    assert allowed(service, text) == 401
    expect(desk.get_by_role("link", name="Revoke", exact=True)).to_have_count(0)

    history = list(LogEntry.objects.order_by("id").values_list("user__username", "change_message"))
    assert [user for user, _ in history] == ["ada", "ada"]
    assert "added" in history[0][1]
    assert "Revoked this key." in history[1][1]
    assert secret not in str(history)
    assert secret not in service.output()


def test_a_key_without_a_scope_or_with_a_past_end_is_not_made(desk: Page, service: Gunicorn) -> None:
    desk.goto("/admin/access/apikey/add/")
    desk.fill("#id_name", "Shop")
    desk.fill("#id_expires_at", "2020-01-01T00:00")
    press(desk, "Save")
    expect(desk.locator("body")).to_contain_text("This time is in the past")
    expect(desk.locator("body")).to_contain_text("This field is required")
    assert not ApiKey.objects.exists()


def test_staff_without_the_permission_see_no_keys(sign_in: Callable[..., Page], service: Gunicorn) -> None:
    key, _ = keys.create("shop", [Scope.READ])
    page = sign_in("eve", "tickets.view_ticket")
    for path in ("", "add/", f"{key.pk}/change/"):
        response = page.goto(f"/admin/access/apikey/{path}")
        assert response
        assert response.status == 403


@pytest.mark.parametrize("expires_at", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_an_end_that_utc_cannot_say_is_refused(in_process: Service, database: None, expires_at: str) -> None:
    ada = Staff(in_process, "ada", is_superuser=True)
    answer = ada.post("/admin/access/apikey/add/", name="Shop", scopes="tickets:read", expires_at=expires_at)
    assert answer.status_code == 200
    assert "Choose a time before the year 10000 (UTC)." in answer.text or "This time is in the past" in answer.text
    assert not ApiKey.objects.exists()
