"""What counts as delivered, what is kept of an attempt, and when the next one is due."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.processes import Process, Worker, closed_port, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import WAIT_LIMIT, Service
from webhooks import retry
from webhooks.models import Attempt, Delivery, EventType, Receiver
from webhooks.signing import new_secret, signed_headers


@pytest.fixture
def delivering(service: Service, worker: Worker) -> Service:
    """The service with a worker."""
    return service


def only_attempt() -> Attempt:
    wait_until(lambda: Attempt.objects.exists(), what="an attempt")
    return Attempt.objects.get()


def test_headers_say_what_is_sent(delivering: Service, receiver: RecordingReceiver) -> None:
    delivering.open_ticket()
    headers = receiver.wait_for(1)[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("TicketLoop/")
    assert headers["ticketloop-event"] == "ticket.created"
    assert headers["webhook-id"].startswith("msg_")
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < WAIT_LIMIT
    assert headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_2xx_is_delivered(delivering: Service, receiver: RecordingReceiver, status: int) -> None:
    receiver.reply = lambda number: Reply(status)
    delivering.open_ticket()
    attempt = only_attempt()
    assert (attempt.status, attempt.error, attempt.delivery.state) == (status, "", "delivered")
    assert attempt.delivery.finished_at


@pytest.mark.parametrize("status", [302, 307, 400, 404, 500])
def test_anything_else_is_a_failure_in_words(delivering: Service, receiver: RecordingReceiver, status: int) -> None:
    receiver.reply = lambda number: Reply(status, headers=(("Location", receiver.url),), body=b"no \0 thanks")
    delivering.open_ticket()
    attempt = only_attempt()
    assert (attempt.status, attempt.response) == (status, "no � thanks")
    assert str(status) in attempt.error
    assert (attempt.delivery.state, attempt.delivery.attempts_made) == ("pending", 1)
    assert len(receiver.arrivals) == 1


def test_a_refused_connection_is_kept_in_words(delivering: Service) -> None:
    Receiver.objects.create(url=f"http://127.0.0.1:{closed_port()}/")
    delivering.open_ticket()
    attempt = only_attempt()
    assert attempt.status is None
    assert "The connection failed" in attempt.error


def test_a_long_answer_is_cut(delivering: Service, receiver: RecordingReceiver) -> None:
    receiver.reply = lambda number: Reply(body=b"x" * 1_000_000)
    delivering.open_ticket()
    assert len(only_attempt().response) == 4096


def test_retry_after_is_honoured(delivering: Service, receiver: RecordingReceiver) -> None:
    receiver.reply = lambda number: Reply(503, headers=(("Retry-After", "9"),))
    delivering.open_ticket()
    attempt = only_attempt()
    # Without it the next attempt would be due after five seconds.
    assert timedelta(seconds=9) <= attempt.delivery.next_attempt_at - attempt.started_at < timedelta(seconds=WAIT_LIMIT)


def test_410_disables_the_receiver(delivering: Service, receiver: RecordingReceiver) -> None:
    receiver.reply = lambda number: Reply(410)
    delivering.open_ticket()
    wait_until(lambda: not Receiver.objects.get().enabled, what="disabling")
    assert "410" in Receiver.objects.get().disabled_reason
    delivering.open_ticket()
    assert Delivery.objects.count() == 1


def test_after_the_last_retry_a_delivery_is_dead(
    delivering: Service, receiver: RecordingReceiver, start_beat: Callable[..., Process]
) -> None:
    receiver.reply = lambda number: Reply(500)
    delivering.open_ticket()
    only_attempt()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhook_deliveries SET attempts_made = 9, next_attempt_at = now()")
    start_beat()
    wait_until(lambda: Delivery.objects.filter(state="dead", attempts_made=10).exists(), what="the tenth attempt")
    assert Delivery.objects.get().finished_at


def test_receivers_get_what_they_subscribed_to(delivering: Service, receiver: RecordingReceiver) -> None:
    Receiver.objects.update(events=[EventType.TICKET_RESOLVED, EventType.TICKET_REOPENED])
    path = delivering.open_ticket().headers["Location"]
    resolved = delivering.request("PATCH", f"{path}/resolve")
    delivering.request("PATCH", f"{path}/resolve")
    receiver.wait_for(1)
    reopened = delivering.request("PATCH", f"{path}/reopen")
    arrivals = receiver.wait_for(2)
    assert [arrival.body for arrival in arrivals] == [resolved.content, reopened.content]
    assert [a.headers["ticketloop-event"] for a in arrivals] == ["ticket.resolved", "ticket.reopened"]
    assert Delivery.objects.count() == 2


def test_the_published_vector_is_signed_alike() -> None:
    # Standard Webhooks, specification, "Signature scheme": the reference libraries' example.
    headers = signed_headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        '{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


SECONDS = st.integers(0, 4_000_000_000)
ZONES = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.text(), st.builds(datetime.fromtimestamp, SECONDS, ZONES))
def test_a_signature_holds_the_moment_in_any_time_zone(body: str, moment: datetime) -> None:
    secret = new_secret()
    headers = signed_headers([secret], "msg_1", moment, body)
    assert headers["webhook-timestamp"] == str(int(moment.timestamp()))
    assert headers["webhook-signature"] == Webhook(secret).sign("msg_1", moment.astimezone(UTC), body)


@given(st.integers(1, 9), st.none() | st.floats(-10, 1e9))
def test_a_delay_keeps_to_its_step(attempts_made: int, retry_after: float | None) -> None:
    step = retry.STEPS[attempts_made - 1]
    delay = retry.delay(attempts_made, retry_after)
    assert delay is not None
    assert 0.8 * step <= delay <= 2 * step
    if retry_after is None:
        assert delay <= 1.2 * step
    else:
        assert delay >= min(retry_after, 2 * step)


def test_ten_attempts_are_all() -> None:
    assert retry.delay(9) is not None
    assert retry.delay(10) is None
