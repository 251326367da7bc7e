"""Staff open a ticket for somebody who called, to the rules of the API."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from contacts.models import Contact
from tests.desk.pages import press
from tests.processes import Worker
from tests.receiver import RecordingReceiver
from tests.service import Service
from tickets.models import Ticket

ADD = "/admin/tickets/ticket/add/"


def submit(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"#id_{name}", value)
    press(page, "Save")


def test_the_ticket_is_opened_and_announced_as_by_the_api(
    desk: Page, service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    desk.goto("/admin/tickets/ticket/")
    desk.get_by_title("Add ticket").click()
    submit(desk, full_name="  Grace Hopper ", email=" Grace@Example.COM ", issue_description="It's <b>\nbroken ")
    ticket = Ticket.objects.get()
    expect(desk.get_by_text(f"Ticket #{ticket.pk} was opened.")).to_be_visible()
    expect(desk).to_have_url(f"{service.url}/admin/tickets/ticket/{ticket.pk}/change/")
    assert ticket.issue_description == "It's <b>\nbroken"
    assert (ticket.contact.full_name, ticket.contact.email) == ("Grace Hopper", "grace@example.com")
    body = receiver.wait_for(1)[0].body
    assert body == service.request("GET", f"/api/v1/tickets/{ticket.pk}").content


def test_a_known_contact_keeps_their_name_and_staff_are_told(desk: Page, service: Service) -> None:
    number = service.open_ticket(full_name="Ada Lovelace", email="ada@example.com").json()["id"]
    desk.goto(f"/admin/tickets/ticket/{number}/change/")
    desk.get_by_role("link", name="Open a ticket for them").click()
    expect(desk.locator("#id_full_name")).to_have_value("Ada Lovelace")
    expect(desk.locator("#id_email")).to_have_value("ada@example.com")
    submit(desk, full_name="Ada King", issue_description="again")
    expect(desk.get_by_text("ada@example.com is a known contact and keeps the name Ada Lovelace.")).to_be_visible()
    assert Contact.objects.get().full_name == "Ada Lovelace"
    assert Ticket.objects.count() == 2


MISTAKES = [
    ("full_name", " ", "This field is required."),
    ("full_name", "x" * 256, "no more than 255 characters"),
    ("email", "nobody", "must have an @-sign"),
    ("email", '"quoted"@example.com', "Quoting"),
    ("issue_description", " \n ", "This field is required."),
    ("issue_description", "x" * 20_001, "no more than 20000 characters"),
]


def test_a_mistake_is_named_beside_its_field(desk: Page, service: Service) -> None:
    valid = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "It is broken."}
    for field, value, error in MISTAKES:
        desk.goto(ADD)
        desk.evaluate("document.querySelectorAll('[maxlength]').forEach(each => each.removeAttribute('maxlength'))")
        submit(desk, **{**valid, field: value})
        expect(desk.locator(f".field-{field}")).to_contain_text(error)
    assert not Ticket.objects.exists()


def test_a_text_of_the_greatest_length_may_have_many_lines(desk: Page, service: Service) -> None:
    desk.goto(ADD)
    submit(desk, full_name="Ada", email="ada@example.com", issue_description=("x" * 99 + "\n") * 199 + "y" * 100)
    assert len(Ticket.objects.get().issue_description) == 20_000


def test_it_takes_the_permission_to_add(sign_in: Callable[..., Page], service: Service) -> None:
    page = sign_in("looker", "tickets.view_ticket")
    page.goto("/admin/tickets/ticket/")
    expect(page.get_by_title("Add ticket")).to_have_count(0)
    assert page.request.get(ADD).status == 403
