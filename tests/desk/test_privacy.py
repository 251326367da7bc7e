"""A contact's page: their tickets, export and erasure of personal data."""

import json

import pytest
import requests
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from contacts.models import Contact
from tests.desk.pages import press
from tests.service import Service
from tests.staff import Staff
from tickets import privacy
from tickets.models import IdempotencyKey, Ticket
from webhooks.models import Attempt, Delivery, Event, Receiver

NAME, EMAIL, TEXT = "Ada & Söhne <Lovelace>", "ada@example.com", "My <b>printer</b> & I's\nsecond line 🦀"
PERSONAL = ("Lovelace", "ada@example", "printer", "second line")
ERASED_TEXT = "The text of this ticket was erased."


@pytest.fixture
def contact(service: Service) -> int:
    """Somebody with two tickets, one resolved, of which a receiver was told and answered."""
    receiver = Receiver.objects.create(url="https://example.com/")
    for _ in range(2):
        ticket = service.open_ticket(full_name=NAME, email=EMAIL, issue_description=TEXT).json()
    service.request("PATCH", f"/api/v1/tickets/{ticket['id']}/resolve")
    delivery = Delivery.objects.earliest("pk")
    attempt = {"duration": 1, "status": 200, "response": f"I got {TEXT}"}
    delivery.attempts.create(receiver=receiver, started_at=timezone.now(), **attempt)
    Delivery.objects.filter(pk=delivery.pk).update(state="delivered")
    service.open_ticket(full_name="Bob", email="bob@example.com", issue_description="Something else")
    return int(ticket["contact_id"])


def everything_stored() -> str:
    """All rows of the tables that could hold something about a contact, as text."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" AS t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


def test_the_export_has_all_that_was_typed(desk: Page, contact: int) -> None:
    desk.goto(f"/admin/contacts/contact/{contact}/change/")
    with desk.expect_download() as download:
        desk.get_by_role("button", name="Export as JSON").click()
    assert download.value.suggested_filename == f"contact-{contact}.json"
    document = json.loads(download.value.path().read_text())
    assert (document["contact"]["full_name"], document["contact"]["email"]) == (NAME, EMAIL)
    assert [(ticket["status"], ticket["issue_description"]) for ticket in document["tickets"]] == [
        ("open", TEXT),
        ("resolved", TEXT),
    ]
    assert LogEntry.objects.get().change_message == "Exported this contact as JSON."


def test_erasing_is_confirmed_and_leaves_nothing_personal(desk: Page, service: Service, contact: int) -> None:
    desk.goto(f"/admin/contacts/contact/{contact}/change/")
    desk.fill("#id_full_name", f"{NAME} Lovelace II")
    press(desk, "Save")
    desk.goto(f"/admin/contacts/contact/{contact}/change/")
    desk.get_by_role("link", name="Erase").click()
    expect(desk.locator("#content")).to_contain_text("This cannot be undone.")
    desk.get_by_role("button", name="Erase").click()
    assert Contact.objects.get(pk=contact).email == EMAIL  # the browser or the form asks for the tick first
    desk.get_by_label("Erase permanently").check()
    desk.get_by_role("button", name="Erase").click()
    expect(desk.get_by_text("Erased, with 2 tickets; 2 deliveries cancelled.")).to_be_visible()

    stored = everything_stored()
    assert [word for word in PERSONAL if word in stored] == []
    assert "bob@example.com" in stored
    expect(desk.locator("#content")).to_contain_text(f"Erased contact {contact}")
    expect(desk.locator("#tickets")).to_contain_text(ERASED_TEXT)
    expect(desk.locator("#id_email")).to_have_count(0)
    ticket = service.request("GET", "/api/v1/tickets").json()[1]
    assert (ticket["status"], ticket["issue_description"]) == ("resolved", ERASED_TEXT)
    assert ticket["contact"]["email"] == f"erased-{contact}@erased.invalid"
    assert json.loads(Event.objects.filter(ticket_id=ticket["id"]).latest("pk").payload) == ticket
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == [
        *("delivered", "cancelled", "cancelled", "pending"),
    ]
    assert Attempt.objects.get().response == ""


def test_who_was_erased_opens_tickets_again_as_somebody_new(service: Service, contact: int) -> None:
    privacy.erase(Contact.objects.get(pk=contact))
    ticket = service.open_ticket(full_name="Ada", email=EMAIL).json()
    assert ticket["contact_id"] != contact
    assert ticket["contact"]["full_name"] == "Ada"
    assert Ticket.objects.filter(contact_id=contact).count() == 2


def test_nobody_can_pose_as_an_erased_contact(service: Service, contact: int) -> None:
    privacy.erase(Contact.objects.get(pk=contact))
    assert service.open_ticket(email=f"erased-{contact}@erased.invalid").status_code == 400


def test_a_contact_is_erased_once(service: Service, contact: int) -> None:
    lead = Staff(service, "grace", "Support lead")
    for _ in range(2):
        lead.post(f"/admin/contacts/contact/{contact}/erase/", sure="on")
    assert "“Erase” is no longer possible" in lead.get(f"/admin/contacts/contact/{contact}/change/").text
    assert LogEntry.objects.count() == 1


@pytest.mark.parametrize("path", ["export", "erase"])
def test_an_agent_may_neither_export_nor_erase(service: Service, contact: int, path: str) -> None:
    agent = Staff(service, "ada", "Support agent")
    page = agent.get(f"/admin/contacts/contact/{contact}/change/").text
    assert f"/{contact}/{path}/" not in page
    assert agent.post(f"/admin/contacts/contact/{contact}/{path}/", sure="on").status_code == 403
    assert Contact.objects.get(pk=contact).email == EMAIL


def test_only_the_newest_tickets_are_on_the_page(service: Service, contact: int) -> None:
    Ticket.objects.bulk_create(Ticket(contact_id=contact, issue_description=f"wish {n}") for n in range(30))
    page = Staff(service, "ada", "Support agent").get(f"/admin/contacts/contact/{contact}/change/").text
    assert page.count("wish ") == 20
    assert f"/admin/tickets/ticket/?contact={contact}" in page


def test_a_retry_after_the_erasure_opens_no_second_ticket(service: Service) -> None:
    def send(key: str, email: str) -> requests.Response:
        ticket = {"full_name": NAME, "email": email, "issue_description": TEXT}
        return service.request("POST", "/api/v1/tickets", json=ticket, headers={"Idempotency-Key": key})

    contact = send("ada's", EMAIL).json()["contact"]["id"]
    send("bob's", "bob@example.com")
    fingerprints = IdempotencyKey.objects.order_by("id").values_list("fingerprint", flat=True)
    before = list(fingerprints)
    privacy.erase(Contact.objects.get(pk=contact))
    assert list(fingerprints.all()) == [None, before[1]]  # it would confirm a guess of what was written
    retry = send("ada's", EMAIL)
    assert retry.status_code == 422
    assert "was erased" in retry.json()["detail"]
    assert (Ticket.objects.count(), everything_stored().count(EMAIL)) == (2, 0)
    assert send("bob's", "bob@example.com").headers["Idempotent-Replayed"] == "true"
