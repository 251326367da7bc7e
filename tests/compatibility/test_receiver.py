"""The webhook receiver of the original Ticket Loop API works unchanged, named by WEBHOOK_URL."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.processes import Process, Worker, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import Service
from webhooks.models import Delivery

PATH = "/api/webhook/ticket-created"


@pytest.fixture
def original(database: None, start_process: Callable[..., Process]) -> Iterator[RecordingReceiver]:
    """A receiver at the original's path, which `manage.py prepare` has read from the environment."""
    recording = RecordingReceiver()
    url = recording.url.replace("/hook", PATH)
    assert start_process("manage", "prepare", WEBHOOK_URL=url).wait_for_end() == 0
    yield recording
    recording.close()


def letter(body: bytes) -> str:
    """The mail that it writes from a body, which must have every field that it insists on or pastes."""
    ticket = json.loads(body)
    assert ticket["id"]
    assert ticket["contact"]
    assert ticket["issue_description"]
    subject = f"New Ticket #{ticket['id']} — {ticket['issue_description'][:50]}"
    contact = ticket["contact"]
    cells = [contact["full_name"], contact["email"], ticket["issue_description"], ticket["status"]]
    return subject + "".join(f"<td>{cell}</td>" for cell in [*cells, ticket["created_at"]])


def test_it_is_told_of_a_new_ticket_and_of_nothing_else(
    service: Service, worker: Worker, original: RecordingReceiver
) -> None:
    first = service.open_ticket(full_name="O'Brien", issue_description="<b>Help</b> & soon")
    service.request("PATCH", f"{first.headers['Location']}/resolve")
    service.request("PATCH", f"{first.headers['Location']}/reopen")
    (told,) = original.wait_for(1)
    second = service.open_ticket()
    again = original.wait_for(2)[1]
    assert [told.body, again.body] == [first.content, second.content]
    assert told.headers["content-type"] == "application/json"  # its body parser looks at nothing else
    assert list(json.loads(told.body))[:6] == [
        *("id", "contact_id", "issue_description", "status", "created_at", "contact"),
    ]
    assert "<td>&lt;b&gt;Help&lt;/b&gt; &amp; soon</td><td>open</td>" in letter(told.body)
    assert "<td>O&#x27;Brien</td><td>ada@example.com</td>" in letter(told.body)
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 2)
    assert len(original.arrivals) == 2


def test_while_it_cannot_send_mail_it_answers_500_and_is_told_again(
    service: Service,
    worker: Worker,
    start_beat: Callable[..., Process],
    original: RecordingReceiver,
) -> None:
    failed = Reply(500, body=b'{"success":false,"ticket_id":1,"email_sent":false,"error":"no key"}')
    sent = Reply(200, body=b'{"success":true,"ticket_id":1,"email_sent":true}')
    original.reply = lambda number: failed if number == 1 else sent
    start_beat()
    service.open_ticket()
    first, second = original.wait_for(2)
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    wait_until(lambda: Delivery.objects.filter(state="delivered").exists())
