"""Staff add receivers, rotate secrets, replay and resend, in a real browser."""

import json
from collections.abc import Callable
from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.desk.pages import press
from tests.processes import Worker, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import Service
from webhooks.models import Delivery, Event, Receiver


def test_a_receiver_is_added_tested_and_its_secret_rotated(
    desk: Page, service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    Receiver.objects.all().delete()
    desk.goto("/admin/webhooks/receiver/add/")
    desk.fill("#id_description", "Warehouse")
    desk.fill("#id_url", receiver.url)
    desk.get_by_label("ticket.reopened").uncheck()
    desk.select_option("#id_body_format", "standard")
    desk.fill("#id_timeout", "2.5")
    desk.fill("#id_custom_headers", "Authorization: Bearer s3cr3t\nX-Team: support")
    press(desk, "Save")
    expect(desk.get_by_role("status")).to_contain_text("Next: show its secret")
    expect(desk.get_by_role("button", name="Show secret")).to_be_visible()
    row = Receiver.objects.get()
    assert (row.description, row.url, row.timeout, row.body_format) == ("Warehouse", receiver.url, 2.5, "standard")
    assert row.events == ["ticket.created", "ticket.resolved"]
    assert row.headers == {"Authorization": "Bearer s3cr3t", "X-Team": "support"}

    desk.goto(f"/admin/webhooks/receiver/{row.pk}/change/")
    assert row.secret not in desk.content()
    press(desk, "Send test event")
    arrival = receiver.wait_for(1)[0]
    assert arrival.headers["ticketloop-event"] == "test"
    assert arrival.headers["authorization"] == "Bearer s3cr3t"
    expect(desk.locator("#attempts")).to_contain_text("200")  # without a reload by hand
    expect(desk.locator("[data-waiting]")).to_have_count(0)
    expect(desk.locator("#attempts")).to_be_focused()
    desk.goto(f"/admin/webhooks/receiver/{row.pk}/change/")
    expect(desk.locator("#content")).to_contain_text("100.0%")
    expect(desk.locator("section table")).to_contain_text("delivered")

    press(desk, "Show secret")
    expect(desk.locator("#secret")).to_have_text(row.secret)
    desk.goto(f"/admin/webhooks/receiver/{row.pk}/rotate-secret/")
    press(desk, "Rotate secret")
    expect(desk.locator("#content")).to_contain_text("signed with the previous secret too until")
    rotated = Receiver.objects.get()
    assert rotated.secret != row.secret
    secrets = (row.secret, rotated.secret, "s3cr3t")
    history = "\n".join(LogEntry.objects.values_list("change_message", flat=True))
    assert "Rotated the secret." in history
    assert "Viewed the secret." in history
    assert not any(secret in history for secret in secrets)


MISTAKES = [
    ("url", "ftp://example.com/hook", "must begin with http:// or https://"),
    ("url", "not a url", "must not contain spaces"),
    ("url", "not-a-url", "Enter a URL"),
    ("url", "http://a\uff1ab@example.com/", "Enter a URL"),
    ("url", "http://x[y@example.com/", "Enter a URL"),
    ("url", "http://10.0.0.1./", "is not a public address"),
    ("url", "http://10.0.0.1/x", "WEBHOOK_ALLOWED_NETWORKS"),
    ("url", "http://0x0a000001/x", "is not a public address"),
    ("url", "https://user:pass@example.com/", "must not contain a user name or password"),
    ("url", "https://example.com/#part", "must not contain a #"),
    ("url", "https://example.com:99999/", "Enter a URL"),
    ("timeout", "0.5", "greater than or equal to 1"),
    ("timeout", "61", "less than or equal to 60"),
    ("custom_headers", "no colon", "has no colon"),
    ("custom_headers", "Bad Name: value", "is not a header name"),
    ("custom_headers", "Webhook-Id: mine", "is set by Ticket Loop"),
    ("custom_headers", "Transfer-Encoding: chunked", "reserved for the connection"),
    ("custom_headers", "X-A: ü", "printable ASCII"),
    ("custom_headers", "X-A: 1\nx-a: 2", "is given twice"),
]


def test_a_mistake_is_named_beside_its_field(desk: Page) -> None:
    valid = {"url": "https://example.com/hook", "timeout": "10", "custom_headers": ""}
    desk.goto("/admin/webhooks/receiver/add/")
    for field, value, error in MISTAKES:
        for name, text in {**valid, field: value}.items():
            desk.fill(f"#id_{name}", text)
        press(desk, "Save")
        expect(desk.locator(f".field-{field}"), error).to_contain_text(error)
    assert not Receiver.objects.exists()


def test_the_environments_receiver_is_only_shown(desk: Page) -> None:
    receiver = Receiver.objects.create(url="https://example.com/", source="environment")
    desk.goto(f"/admin/webhooks/receiver/{receiver.pk}/change/")
    expect(desk.locator("#content")).to_contain_text("from environment")
    for name in ("Save", "Disable", "Delete receiver"):
        expect(desk.get_by_role("button", name=name)).to_have_count(0)
    expect(desk.locator("#content input:not([type=hidden])")).to_have_count(0)
    expect(desk.get_by_role("link", name="Rotate secret")).to_have_count(0)


def test_a_given_up_receiver_is_announced_enabled_and_replayed(desk: Page, service: Service) -> None:
    receiver = Receiver.objects.create(url="https://example.com/", description="Warehouse")
    disabled = {"enabled": False, "disabled_reason": "Every attempt failed for 5 days."}
    Receiver.objects.filter(pk=receiver.pk).update(**disabled, disabled_at=timezone.now() - timedelta(hours=1))
    service.open_ticket()
    assert not Delivery.objects.exists()
    desk.goto("/admin/")
    expect(desk.get_by_role("alert")).to_contain_text("No webhooks have been sent to Warehouse")
    desk.get_by_role("alert").get_by_role("link", name="Warehouse").click()
    press(desk, "Enable")
    expect(desk.get_by_role("alert")).to_have_count(0)
    press(desk, "Replay")
    expect(desk.get_by_text("1 delivery queued.")).to_be_visible()
    assert Delivery.objects.get().state == "pending"
    assert Receiver.objects.get().enabled


def test_deliveries_are_filtered_resent_and_cancelled(
    desk: Page, service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    tickets = [service.open_ticket().json()["id"] for _ in range(3)]
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 3, what="three deliveries")
    receiver.reply = lambda number: Reply(500)
    dead = Delivery.objects.get(event__ticket_id=tickets[0])
    Delivery.objects.filter(pk=dead.pk).update(state="dead")
    for query, count in [
        (f"ticket={tickets[1]}", 1),
        ("ticket=%00abc", 3),
        ("ticket=abc", 0),
        ("ticket=99999999999999999999", 0),
        ("state__exact=dead", 1),
        ("event__type__exact=ticket.resolved", 0),
        ("created_at_from=2020-01-01", 3),
        ("created_at_to=2020-01-01", 0),
        ("created_at_from=garbage", 3),
    ]:
        response = desk.goto(f"/admin/webhooks/delivery/?{query}")
        assert response is not None
        assert response.status == 200, query
        expect(desk.locator("#result_list tr.data-row"), query).to_have_count(count)
    desk.goto(f"/admin/webhooks/delivery/{dead.pk}/change/")
    press(desk, "Resend")
    arrivals = receiver.wait_for(4)
    assert json.loads(arrivals[3].body)["id"] == tickets[0]
    first = next(each for each in arrivals if json.loads(each.body)["id"] == tickets[0])
    assert arrivals[3].headers["webhook-id"] == first.headers["webhook-id"]
    assert arrivals[3].body == first.body
    desk.goto("/admin/webhooks/delivery/")
    desk.check("#action-toggle")
    desk.select_option("select[name=action]", "cancel_selected")
    desk.click("button[name=index]")
    expect(desk.get_by_text("1 delivery cancelled. 2 had already ended.")).to_be_visible()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled", "delivered"}
    desk.goto(f"/admin/tickets/ticket/{tickets[0]}/change/")
    expect(desk.locator("#timeline")).to_contain_text("cancelled")


def test_what_a_role_may_not_do_is_neither_shown_nor_done(sign_in: Callable[..., Page], service: Service) -> None:
    receiver = Receiver.objects.create(url="https://example.com/")
    page = sign_in("lead", "webhooks.view_receiver", "webhooks.change_receiver", "webhooks.view_delivery")
    service.open_ticket()
    page.goto(f"/admin/webhooks/receiver/{receiver.pk}/change/")
    for name in ("Show secret", "Send test event"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.locator("#id_custom_headers")).to_have_count(0)
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    for path in ("show-secret", "send-test-event", "rotate-secret", "replay"):
        response = page.request.post(
            f"/admin/webhooks/receiver/{receiver.pk}/{path}/",
            form={"csrfmiddlewaretoken": token, "hours": "1", "since": "2026-01-01T00:00"},
            headers={"Referer": service.url},
        )
        assert response.status == 403, path
    assert Event.objects.filter(type="test").count() == 0
    assert Receiver.objects.get().secret == receiver.secret


def test_a_button_is_no_link(desk: Page, service: Service) -> None:
    ticket = service.open_ticket().json()["id"]
    page = f"{service.url}/admin/tickets/ticket/{ticket}/"
    assert desk.request.get(f"{page}resolve-one/").url == f"{page}change/"
    assert service.request("GET", f"/api/v1/tickets/{ticket}").json()["status"] == "open"
