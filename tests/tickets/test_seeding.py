"""`manage.py seed` fills a trial's database."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from contacts.models import Contact
from tests.processes import Process
from tests.receiver import RecordingReceiver
from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Event

Start = Callable[..., Process]


def seed(start_process: Start, count: int) -> Process:
    process = start_process("manage", "seed", "--tickets", str(count))
    process.wait_for_end()
    return process


def test_it_adds_the_tickets_of_a_year_and_says_what_it_did(service: Service, start_process: Start) -> None:
    for _ in range(2):
        said = seed(start_process, 500).output()
        assert said == "500 tickets of 100 new contacts added; no webhook was sent\n"
    tickets = Ticket.objects.all()
    assert (tickets.count(), Contact.objects.count()) == (1000, 200)
    assert 700 < tickets.filter(status="resolved").count() < 1000
    opened = [each.created_at for each in tickets.order_by("id")[:500]]
    assert opened == sorted(opened)
    assert timezone.now() - opened[0] < timedelta(days=366)
    assert not tickets.filter(created_at__lt=F("contact__created_at")).exists()
    assert not tickets.filter(resolved_at__gt=timezone.now()).exists()
    assert len({each.issue_description for each in tickets}) > 950


def test_the_next_ticket_of_a_customer_has_the_next_id(service: Service, start_process: Start) -> None:
    seed(start_process, 50)
    last = Ticket.objects.latest("id").pk
    assert service.open_ticket().json()["id"] == last + 1


def test_nobody_is_told(service: Service, receiver: RecordingReceiver, start_process: Start) -> None:
    seed(start_process, 50)
    assert not Event.objects.exists()


def test_a_count_below_one_is_refused(database: None, start_process: Start) -> None:
    process = seed(start_process, 0)
    assert process.process.returncode == 1
    assert "--tickets 0: must be 1 or more" in process.output()
    assert not Ticket.objects.exists()
