"""Support staff find, read, resolve and reopen tickets in a real browser."""

from playwright.sync_api import Page, expect

from tests.desk.pages import press
from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Delivery, Event, Receiver

HOSTILE = "<script>window.hacked = true</script><b>bold</b> & O'Brien\nsecond line"
ROWS = "#result_list tr.data-row"


def test_staff_see_the_text_as_typed(desk: Page, service: Service) -> None:
    service.open_ticket(full_name="<img src=x onerror='window.hacked=true'>", issue_description=HOSTILE)
    desk.goto("/admin/tickets/ticket/")
    row = desk.locator(ROWS)
    expect(row).to_contain_text("<script>window.hacked = true</script><b>bold</b> & O'Brien")
    row.locator("a").first.click()
    expect(desk.locator("#content")).to_contain_text(HOSTILE)
    expect(desk.locator("#content")).to_contain_text("<img src=x onerror='window.hacked=true'>")
    assert desk.evaluate("window.hacked") is None
    assert "&amp;lt;" not in desk.content()


def test_search_finds_what_was_typed(desk: Page, service: Service) -> None:
    service.open_ticket(full_name="Pat O'Brien", email="pat@here.net", issue_description="a <b>bold</b> & simple wish")
    desk.goto("/admin/tickets/ticket/")
    for query, count in [("O'Brien", 1), ("<b>", 1), ("PAT@here", 1), ("amp", 0), ("&", 1), ("nothing", 0)]:
        desk.fill("#searchbar", query)
        with desk.expect_navigation():
            desk.click("#searchbar-submit")
        expect(desk.locator(ROWS)).to_have_count(count)


def test_a_ticket_is_resolved_and_reopened_on_its_page(desk: Page, service: Service) -> None:
    ticket = service.open_ticket().json()
    desk.goto(f"/admin/tickets/ticket/{ticket['id']}/change/")
    desk.get_by_role("button", name="Resolve").click()
    expect(desk.get_by_text(f"Ticket #{ticket['id']} resolved.")).to_be_visible()
    assert Ticket.objects.get().resolved_at
    desk.get_by_role("button", name="Reopen").click()
    expect(desk.get_by_text(f"Ticket #{ticket['id']} reopened.")).to_be_visible()
    assert Ticket.objects.get().resolved_at is None
    assert list(Event.objects.values_list("type", flat=True)) == [
        *("ticket.created", "ticket.resolved", "ticket.reopened"),
    ]
    desk.goto(f"/admin/tickets/ticket/{ticket['id']}/history/")
    expect(desk.locator("#content")).to_contain_text("Resolved by ada")


def test_many_are_resolved_at_once_and_told_apart_from_what_was_so_already(desk: Page, service: Service) -> None:
    path = service.open_ticket().headers["Location"]
    service.request("PATCH", f"{path}/resolve")
    service.open_ticket()
    service.open_ticket()
    desk.goto("/admin/tickets/ticket/")
    desk.check("#action-toggle")
    desk.select_option("select[name=action]", "resolve")
    desk.click("button[name=index]")
    expect(desk.get_by_text("2 tickets resolved; 1 ticket was already resolved.")).to_be_visible()
    assert not Ticket.objects.filter(status="open").exists()
    assert Event.objects.filter(type="ticket.resolved").count() == 3


def test_a_row_s_button_resolves_and_leads_back_to_the_same_list(desk: Page, service: Service) -> None:
    first, second = (service.open_ticket(issue_description="paper jam").json()["id"] for _ in range(2))
    desk.goto("/admin/tickets/ticket/?status__exact=open&q=jam")
    desk.get_by_role("button", name=f"Resolve #{first}", exact=True).click()
    expect(desk.get_by_text(f"Ticket #{first} resolved.")).to_be_visible()
    expect(desk).to_have_url(f"{service.url}/admin/tickets/ticket/?status__exact=open&q=jam#ticket-{second}")
    expect(desk.get_by_label(f"Select ticket #{second}")).to_be_focused()
    expect(desk.locator(ROWS)).to_have_count(1)
    expect(desk.locator(ROWS)).to_contain_text(f"#{second}")
    resolved = Ticket.objects.get(pk=first)
    assert resolved.resolved_by is not None
    assert resolved.resolved_by.get_username() == "ada"


def test_many_are_reopened_at_once(desk: Page, service: Service) -> None:
    for _ in range(2):
        service.request("PATCH", f"{service.open_ticket().headers['Location']}/resolve")
    service.open_ticket()
    desk.goto("/admin/tickets/ticket/")
    desk.check("#action-toggle")
    desk.select_option("select[name=action]", "reopen")
    desk.click("button[name=index]")
    expect(desk.get_by_text("2 tickets reopened; 1 ticket was already open.")).to_be_visible()
    assert Event.objects.filter(type="ticket.reopened").count() == 2


def test_tickets_are_filtered_by_status(desk: Page, service: Service) -> None:
    service.request("PATCH", f"{service.open_ticket().headers['Location']}/resolve")
    service.open_ticket()
    desk.goto("/admin/tickets/ticket/?status__exact=resolved")
    expect(desk.locator(ROWS)).to_have_count(1)
    response = desk.goto("/admin/tickets/ticket/?status__exact=bogus")
    assert response is not None
    assert response.status == 200
    expect(desk.locator(ROWS)).to_have_count(2)


def test_a_contact_is_shown_with_their_tickets_and_corrected(desk: Page, service: Service) -> None:
    service.open_ticket(issue_description="first wish")
    contact = service.open_ticket(issue_description="second wish").json()["contact"]
    desk.goto(f"/admin/contacts/contact/{contact['id']}/change/")
    expect(desk.locator("#tickets")).to_contain_text("first wish")
    expect(desk.locator("#tickets")).to_contain_text("second wish")
    desk.fill("#id_email", " New@Example.COM ")
    press(desk, "Save")
    assert service.request("GET", f"/api/v1/contacts/{contact['id']}").json()["email"] == "new@example.com"


def test_deliveries_and_their_attempts_are_shown_and_cannot_be_changed(desk: Page, service: Service) -> None:
    receiver = Receiver.objects.create(url="http://127.0.0.1:9/")
    service.open_ticket(issue_description="<i>")
    delivery = Delivery.objects.get()
    attempt = {"duration": 0.5, "status": 500, "error": "It failed.", "response": "<u>"}
    delivery.attempts.create(receiver=receiver, started_at=delivery.created_at, **attempt)
    desk.goto("/admin/webhooks/delivery/")
    expect(desk.locator(ROWS)).to_contain_text("127.0.0.1:9")
    desk.goto(f"/admin/webhooks/delivery/{delivery.pk}/change/")
    expect(desk.locator("#attempts")).to_contain_text("It failed.")
    expect(desk.locator("#attempts")).to_contain_text("<u>")
    expect(desk.get_by_role("button", name="Save")).to_have_count(0)
    assert receiver.secret not in desk.content()
    desk.goto(f"/admin/webhooks/receiver/{receiver.pk}/change/")
    assert receiver.secret not in desk.content()
