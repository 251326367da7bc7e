"""A delivery's page: the request that caused it, its attempts, and the way back."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from tests.service import Service
from tests.staff import Staff
from webhooks.models import Delivery, Receiver

LIST = "/admin/webhooks/delivery/"


@pytest.fixture
def service(in_process: Service, database: None) -> Service:
    """No browser is needed here."""
    return in_process


@pytest.fixture
def delivery(service: Service) -> Delivery:
    Receiver.objects.create(url="http://127.0.0.1:9/")
    ticket = {"full_name": "Ada", "email": "ada@example.com", "issue_description": "x"}
    service.request("POST", "/api/v1/tickets", json=ticket, headers={"X-Request-ID": "order-4711"})
    return Delivery.objects.get()


def attempt(delivery: Delivery, duration: float, **values: object) -> None:
    delivery.attempts.create(
        receiver=delivery.receiver, started_at=timezone.now(), **{"duration": duration, "status": 200, **values}
    )


def text(staff: Staff, path: str) -> str:
    """The text of a page, without markup."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", staff.get(path).text)).split())


def test_the_page_of_a_delivery_shows_the_id_of_its_request(ada: Staff, delivery: Delivery) -> None:
    assert "order-4711" in text(ada, f"{LIST}{delivery.pk}/change/")


def test_each_attempt_says_what_came_of_it(ada: Staff, delivery: Delivery) -> None:
    attempt(delivery, 0.0042, status=500, error="The receiver answered 500.", response="<b>Busy</b>")
    attempt(delivery, 2.345)
    for duration in (34.6, 90, float("nan"), float("inf")):
        attempt(delivery, duration, status=None, error="No answer.")
    page = text(ada, f"{LIST}{delivery.pk}/change/")
    assert re.search(r"failed [^:]*:\d\d:\d\d UTC 4 ms 500 The receiver answered 500. <b>Busy</b>", page)
    assert re.search(r"delivered [^:]*:\d\d:\d\d UTC 2.3 s 200", page)
    assert re.search(r"failed [^:]*:\d\d:\d\d UTC 35 s – No answer.", page)
    assert "2 min – No answer." in page
    assert "Back to the list" in page
    receiver = text(ada, f"/admin/webhooks/receiver/{delivery.receiver_id}/change/")
    assert f"ticket.created #{delivery.event.ticket_id}" in receiver


@pytest.mark.parametrize(("made", "said"), [(2, "Attempts 2 Created"), (1, "Attempts 1 since the last resend Created")])
def test_a_resent_delivery_counts_its_attempts_from_then_on(
    ada: Staff, delivery: Delivery, made: int, said: str
) -> None:
    attempt(delivery, 0.1)
    attempt(delivery, 0.1)
    Delivery.objects.update(attempts_made=made)
    assert said in text(ada, f"{LIST}{delivery.pk}/change/")


def test_a_test_event_that_was_resent_is_waited_for(ada: Staff, delivery: Delivery) -> None:
    ada.post(f"/admin/webhooks/receiver/{delivery.receiver_id}/send-test-event/")
    sent = Delivery.objects.get(event__type="test")
    page = f"{LIST}{sent.pk}/change/"
    assert "Waiting for the receiver's answer." in text(ada, page)
    attempt(sent, 0.1)
    Delivery.objects.filter(pk=sent.pk).update(state="delivered", attempts_made=1, finished_at=timezone.now())
    assert "Waiting" not in text(ada, page)
    ada.post(f"{LIST}{sent.pk}/resend/")
    assert "Waiting for the receiver's answer." in text(ada, page)


def test_the_list_says_when_the_next_attempt_is(ada: Staff, delivery: Delivery) -> None:
    assert re.search("0 just now due", text(ada, LIST))
    Delivery.objects.update(next_attempt_at=timezone.now() + timedelta(hours=5))
    assert re.search(r"0 just now in 5\.0 h", text(ada, LIST))
    Delivery.objects.update(state="delivered")
    assert re.search("0 just now –", text(ada, LIST))
