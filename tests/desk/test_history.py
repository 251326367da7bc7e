"""The history of a ticket: changes by staff (single and bulk), API keys and anonymous clients."""

from playwright.sync_api import Page, expect

from access import keys
from tests.desk.pages import press
from tests.service import Service
from tests.staff import Staff
from tickets.models import Ticket
from webhooks.models import Delivery, Event, Receiver


def history(page: Page, ticket: int) -> list[str]:
    """The lines of a ticket's history, less the times."""
    page.goto(f"/admin/tickets/ticket/{ticket}/history/")
    page.evaluate("document.querySelectorAll('#timeline time').forEach(time => time.remove())")
    return [" ".join(line.split()) for line in page.locator("#timeline > li").all_inner_texts()]


def test_of_a_ticket_whoever_it_was(desk: Page, service: Service) -> None:
    path = service.open_ticket().headers["Location"]
    key, text = keys.create("shop front end", ["tickets:resolve"])
    service.request("PATCH", f"{path}/resolve")
    service.request("PATCH", f"{path}/reopen", headers={"Authorization": f"Api-Key {text}"})
    Staff(service, "grace", "Support agent").request("PATCH", f"{path}/resolve")
    ticket = Ticket.objects.get()
    assert (ticket.resolved_by and ticket.resolved_by.get_username()) == "grace"
    desk.goto("/admin/tickets/ticket/")
    desk.check("#action-toggle")
    desk.select_option("select[name=action]", "reopen")
    desk.click("button[name=index]")
    expect(desk.get_by_text(f"Ticket #{ticket.pk} reopened.")).to_be_visible()
    Event.objects.all().delete()  # as they are forgotten after WEBHOOK_RETENTION_DAYS
    assert history(desk, ticket.pk) == [
        "Opened",
        "Resolved by a client of the API",
        f"Reopened by API key tl_{key.prefix}",
        "Resolved by grace",
        "Reopened by ada",
    ]


def test_who_opened_a_ticket_for_somebody_is_told(desk: Page, service: Service) -> None:
    _, text = keys.create("shop front end", ["tickets:create"])
    body = {"full_name": "Bob", "email": "bob@example.com", "issue_description": "It is broken."}
    service.request("POST", "/api/v1/tickets", json=body, headers={"Authorization": f"Api-Key {text}"})
    desk.goto("/admin/tickets/ticket/add/")
    for name, value in body.items():
        desk.fill(f"#id_{name}", value)
    press(desk, "Save")
    first, second = Ticket.objects.order_by("pk")
    assert history(desk, first.pk)[0].startswith("Opened by API key tl_")
    assert history(desk, second.pk) == ["Opened by ada"]


def test_what_changes_nothing_is_not_told(desk: Page, service: Service) -> None:
    path = service.open_ticket().headers["Location"]
    for _ in range(2):
        service.request("PATCH", f"{path}/resolve")
    assert history(desk, Ticket.objects.get().pk) == ["Opened", "Resolved by a client of the API"]


def test_of_a_contact_what_was_changed_and_by_whom(service: Service) -> None:
    contact = service.open_ticket().json()["contact_id"]
    lead = Staff(service, "grace", "Support lead")
    page = f"/admin/contacts/contact/{contact}"
    lead.post(f"{page}/change/", full_name="Ada King", email="ada@example.com")
    lead.post(f"{page}/export/")
    shown = lead.get(f"{page}/history/").text
    for sentence in ("grace changed Full name.", "grace exported this contact as JSON."):
        assert sentence in shown


def test_of_an_erased_contact_who_erased_it(service: Service) -> None:
    contact = service.open_ticket().json()["contact_id"]
    administrator = Staff(service, "grace", is_superuser=True)
    page = f"/admin/contacts/contact/{contact}"
    administrator.post(f"{page}/erase/", sure="on")
    assert "grace erased this contact." in administrator.get(f"{page}/history/").text


def test_a_form_saved_as_it_was_is_no_change(service: Service) -> None:
    contact = service.open_ticket().json()["contact"]
    lead = Staff(service, "grace", "Support lead")
    page = f"/admin/contacts/contact/{contact['id']}"
    saved = lead.post(f"{page}/change/", full_name=contact["full_name"], email=contact["email"])
    assert (saved.status_code, saved.headers["Location"]) == (302, "/admin/contacts/contact/")
    answer = lead.get("/admin/contacts/contact/").text
    assert "There was nothing to change" in answer
    assert "changed successfully" not in answer
    assert "Nothing has been changed at the desk yet." in lead.get(f"{page}/history/").text


def test_of_a_delivery_bulk_changes_too(service: Service) -> None:
    Receiver.objects.create(url="https://example.com/")
    service.open_ticket()
    lead = Staff(service, "grace", is_superuser=True)
    delivery = Delivery.objects.get().pk
    for action in ("cancel_selected", "cancel_selected", "resend_selected"):
        lead.post("/admin/webhooks/delivery/", action=action, _selected_action=delivery)
    shown = lead.get(f"/admin/webhooks/delivery/{delivery}/history/").text
    assert (shown.count("grace cancelled this delivery."), shown.count("grace resent this delivery.")) == (1, 1)
