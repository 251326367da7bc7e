"""The erasure of a contact beside live requests: nobody waits for it, nothing personal is left or comes back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag

import psycopg
import pytest

from tests.desk.test_privacy import everything_stored
from tests.locks import waiting
from tests.processes import Process, Worker, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import Service
from tests.staff import Staff
from tickets import privacy
from tickets.models import Erasure, Ticket
from tickets.tasks import finish_erasures
from webhooks.models import Attempt, Delivery, Event

NAME, EMAIL, TEXT = "Ada Lovelace", "ada@example.com", "My printer. Yours, Ada Lovelace"
PERSONAL = ("Lovelace", "ada@example", "printer")
UNDER_WAY = "This contact is being erased."
Start = Callable[..., Process]


@pytest.fixture
def lead(service: Service) -> Staff:
    return Staff(service, "grace", "Support lead")


@pytest.fixture
def tickets(service: Service) -> list[int]:
    """Those of one contact."""
    return [service.open_ticket(full_name=NAME, email=EMAIL, issue_description=TEXT).json()["id"] for _ in range(3)]


def page(contact: int) -> str:
    return f"/admin/contacts/contact/{contact}/change/"


def erase(lead: Staff, contact: int) -> str:
    """What the desk says after the button."""
    lead.post(f"/admin/contacts/contact/{contact}/erase/", sure="on")
    return lead.get(page(contact)).text


def contact_of(ticket: int) -> int:
    return Ticket.objects.get(pk=ticket).contact_id


@contextmanager
def locked(database_url: str, table: str, id: int) -> Iterator[psycopg.Connection]:
    """Somebody else has this row, and an erasure has to stop there."""
    with psycopg.connect(database_url) as other:
        other.execute(f"SELECT FROM {table} WHERE id = {id} FOR UPDATE".encode())
        yield other
        other.rollback()


def personal() -> list[str]:
    stored = everything_stored()
    return [word for word in PERSONAL if word in stored]


def test_who_was_erased_opens_a_ticket_before_their_old_ones_are_erased(
    service: Service, lead: Staff, tickets: list[int], database_url: str
) -> None:
    contact = contact_of(tickets[0])
    with locked(database_url, "tickets", tickets[0]):
        said = erase(lead, contact)
        assert UNDER_WAY in said
        assert "the tickets are being erased" in said
        assert f"Erased contact {contact}" in said
        assert "Lovelace &lt;" not in said
        opened = service.open_ticket(full_name="A.", email=EMAIL)
        assert opened.status_code == 201
        assert opened.json()["contact_id"] != contact
    finish_erasures()
    assert UNDER_WAY not in lead.get(page(contact)).text
    assert "Lovelace" not in everything_stored()
    assert service.request("GET", f"/api/v1/tickets?contact_id={contact}").json()[0]["issue_description"] == (
        "The text of this ticket was erased."
    )


@pytest.mark.parametrize("change", ["resolve", "reopen"])
def test_a_change_of_a_ticket_that_is_not_erased_yet_sends_nothing_personal(
    service: Service, lead: Staff, tickets: list[int], database_url: str, change: str
) -> None:
    first, second, _ = tickets
    if change == "reopen":
        service.request("PATCH", f"/api/v1/tickets/{second}/resolve")
    with locked(database_url, "tickets", first):
        erase(lead, contact_of(first))
        before = Event.objects.latest("pk").pk
        answer = service.request("PATCH", f"/api/v1/tickets/{second}/{change}")
        assert answer.status_code == 200
        assert Event.objects.get(pk__gt=before).payload == answer.text
        assert not [word for word in PERSONAL if word in answer.text]
        assert "Erased contact" in answer.text
    finish_erasures()
    assert personal() == []


def test_a_contact_that_is_being_changed_is_not_erased(lead: Staff, tickets: list[int], database_url: str) -> None:
    contact = contact_of(tickets[0])
    with locked(database_url, "contacts", contact):
        said = erase(lead, contact)
    assert "Nothing was erased: this contact is being changed. Try again" in said
    assert NAME in said
    assert not Erasure.objects.exists()
    assert Ticket.objects.filter(issue_description=TEXT).count() == 3


def test_an_erasure_that_was_killed_is_finished_later(
    service: Service, lead: Staff, tickets: list[int], database_url: str, start_process: Start
) -> None:
    contact = contact_of(tickets[0])
    Ticket.objects.bulk_create(Ticket(contact_id=contact, issue_description=TEXT) for _ in range(2 * privacy.BATCH))
    code = f"from tickets import privacy; privacy.erase(privacy.Contact(pk={contact}))"
    behind = Ticket.objects.order_by("pk")[privacy.BATCH].pk
    with locked(database_url, "tickets", behind) as other:
        erasing = start_process("manage", "shell", "--command", code)
        wait_until(lambda: waiting(other.cursor()), what="the second batch")
        erasing.kill()
        assert f"{privacy.BATCH} tickets erased so far" in lead.get(page(contact)).text
    assert Ticket.objects.filter(issue_description=TEXT).count() == privacy.BATCH + 3
    finish_erasures()
    assert UNDER_WAY not in lead.get(page(contact)).text
    assert personal() == []


def test_beat_and_a_worker_finish_what_a_request_left(
    service: Service, lead: Staff, tickets: list[int], database_url: str, worker: Worker, start_beat: Start
) -> None:
    with locked(database_url, "tickets", tickets[0]):
        erase(lead, contact_of(tickets[0]))
    assert Erasure.objects.exists()
    start_beat()
    wait_until(lambda: not Erasure.objects.exists(), what="the end of the erasure")
    assert personal() == []


def test_of_a_webhook_that_is_being_sent_the_response_is_not_kept(
    service: Service, lead: Staff, receiver: RecordingReceiver, worker: Worker
) -> None:
    answered = Flag()
    receiver.reply = lambda number: Reply(body=f"Thanks, {NAME}".encode(), hold=answered)
    ticket = service.open_ticket(full_name=NAME, email=EMAIL, issue_description=TEXT).json()
    receiver.wait_for(1)
    assert "Erased, with 1 ticket; 1 delivery cancelled." in erase(lead, ticket["contact_id"])
    assert personal() == []
    answered.set()
    wait_until(Attempt.objects.exists, what="the recorded attempt")
    assert Attempt.objects.get().status == 200
    assert Delivery.objects.get().state == "delivered"
    assert personal() == []
