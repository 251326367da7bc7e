"""The whole service, as the README's tour walks through it."""

import html
from collections.abc import Callable

from standardwebhooks import Webhook

from tests.processes import Process, Worker, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import Service
from webhooks.models import Attempt, Delivery, Receiver

TEXT = 'It\'s "broken" & <b>on\nfire</b>'


def test_a_ticket_is_opened_listed_resolved_and_reopened(service: Service) -> None:
    created = service.open_ticket(full_name=" O'Brien ", email=" O'Brien@Example.COM ", issue_description=f" {TEXT} ")
    ticket = created.json()
    assert created.status_code == 201
    assert created.headers["Location"] == f"/api/v1/tickets/{ticket['id']}"
    assert list(ticket) == [
        *("id", "contact_id", "issue_description", "status", "created_at", "contact", "resolved_at"),
    ]
    assert ticket["issue_description"] == html.escape(TEXT)
    assert ticket["contact"]["full_name"] == "O&#x27;Brien"
    assert ticket["contact"]["email"] == "o'brien@example.com"
    assert service.request("GET", "/api/v1/tickets").content == b"[" + created.content + b"]"
    assert service.request("GET", f"/api/v1/tickets/{ticket['id']}/").content == created.content

    resolved = service.request("PATCH", f"/api/v1/tickets/{ticket['id']}/resolve")
    again = service.request("PATCH", f"/api/v1/tickets/{ticket['id']}/resolve")
    assert resolved.json()["status"] == "resolved"
    assert resolved.json()["resolved_at"] > ticket["created_at"]
    assert again.content == resolved.content

    reopened = service.request("PATCH", f"/api/v1/tickets/{ticket['id']}/reopen")
    assert reopened.content == created.content


def test_a_webhook_arrives_signed_with_the_bytes_of_the_answer(
    service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    created = service.open_ticket(issue_description=TEXT)
    (arrival,) = receiver.wait_for(1)
    assert arrival.body == created.content
    assert arrival.headers["ticketloop-event"] == "ticket.created"
    Webhook(Receiver.objects.get().secret).verify(arrival.body, arrival.headers)
    wait_until(lambda: Delivery.objects.filter(state="delivered").exists(), what="the delivery")
    assert Attempt.objects.get().status == 200


def test_a_failed_webhook_is_sent_again_with_the_same_id(
    service: Service,
    worker: Worker,
    start_beat: Callable[..., Process],
    receiver: RecordingReceiver,
) -> None:
    receiver.reply = lambda number: Reply(500 if number == 1 else 200)
    start_beat()
    service.open_ticket()
    first, second = receiver.wait_for(2)
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    wait_until(lambda: Delivery.objects.filter(state="delivered").exists(), what="the delivery")
    assert [attempt.status for attempt in Attempt.objects.order_by("id")] == [500, 200]
