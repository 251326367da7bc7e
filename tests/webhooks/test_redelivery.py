"""Replay, disabling of receivers, mail to staff, and retention."""

import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from tests.processes import Process, Worker, closed_port, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import Service
from tests.staff import Staff
from ticketloop.celery import app
from webhooks import encryption, redelivery, retention
from webhooks.models import Attempt, Delivery, Event, Receiver


def replay(receiver: Receiver, *options: str) -> str:
    out = StringIO()
    since = f"{timezone.now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    call_command("replay", "--receiver", str(receiver.pk), "--since", since, *options, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_replay_sends_what_was_missed_and_on_demand_what_was_not(
    service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    row = Receiver.objects.get()
    service.open_ticket()
    receiver.wait_for(1)
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 1, what="the first delivery")
    Receiver.objects.update(enabled=False)
    service.open_ticket()
    Receiver.objects.update(enabled=True)
    assert ", 1 queued" in replay(row)
    receiver.wait_for(2)
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 2, what="the second delivery")
    assert ", 0 queued" in replay(row)
    assert ", 2 queued" in replay(row, "--delivered")
    arrivals = receiver.wait_for(4)
    ids = [arrival.headers["webhook-id"] for arrival in arrivals]
    assert sorted(ids[:2]) == sorted(ids[2:])
    bodies = {(arrival.headers["webhook-id"], arrival.body) for arrival in arrivals}
    assert len(bodies) == 2


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (("--receiver", "nobody", "--since", "2026-01-01"), "there are: none"),
        (("--receiver", "99999999999999999999", "--since", "2026-01-01"), "there are: none"),
    ],
)
@pytest.mark.usefixtures("database")
def test_a_replay_says_which_receivers_there_are(options: tuple[str, ...], error: str) -> None:
    with pytest.raises(CommandError, match=error):
        call_command("replay", *options)


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "2026-02-30T10:00:00"])
def test_a_replay_says_how_to_write_a_moment(receiver: RecordingReceiver, since: str) -> None:
    with pytest.raises(CommandError, match="such as 2026-11-24"):
        call_command("replay", "--receiver", receiver.url, "--since", since)


def disabled_receiver(url: str) -> Receiver:
    """A receiver that Ticket Loop disabled."""
    now = timezone.now()
    return Receiver.objects.create(
        url=url, enabled=False, disabled_reason="410 Gone", disabled_at=now, notify_staff_at=now
    )


def everybody_is_told() -> bool:
    return not Receiver.objects.filter(notify_staff_at__isnull=False).exists()


def test_410_disables_and_those_who_may_change_receivers_are_told_once(
    service: Service, start_worker: Callable[..., Worker], receiver: RecordingReceiver, tmp_path: Path
) -> None:
    lead = get_user_model().objects.create_user("lead", email="lead@example.com", is_staff=True)
    lead.user_permissions.add(Permission.objects.get(codename="change_receiver"))
    get_user_model().objects.create_user("agent", email="agent@example.com", is_staff=True)
    receiver.reply = lambda number: Reply(410)
    mail = {"EMAIL_URL": f"filemail:///{tmp_path}/mail", "EMAIL_FROM": "desk@example.com"}
    start_worker(concurrency=1, **mail)  # which does one thing after the other
    service.open_ticket()
    wait_until(lambda: Receiver.objects.filter(enabled=False).exists(), what="a disabled receiver")
    assert "410" in Receiver.objects.get().disabled_reason
    for _ in range(2):
        app.send_task("webhooks.notify_staff")
    wait_until(everybody_is_told, what="staff are told")
    other = disabled_receiver("https://example.com/other")
    app.send_task("webhooks.notify_staff")
    wait_until(everybody_is_told, what="staff are told of the other one")
    # Django's backend may write both into one file, each with this line at its end.
    *mails, _ = "".join(path.read_text() for path in (tmp_path / "mail").iterdir()).split("-" * 79)
    assert len(mails) == 2
    for told in (receiver.url, other.url):
        (mail_about_it,) = [mail for mail in mails if told in mail]
        assert "To: lead@example.com" in mail_about_it
        assert "From: desk@example.com" in mail_about_it
        assert "agent@example.com" not in mail_about_it


def test_what_happens_after_410_is_kept(service: Service, worker: Worker, receiver: RecordingReceiver) -> None:
    receiver.reply = lambda number: Reply(410)
    service.open_ticket()
    wait_until(lambda: Receiver.objects.filter(enabled=False).exists(), what="a disabled receiver")
    service.open_ticket()
    assert Event.objects.count() == 2


def test_mail_that_cannot_be_sent_is_sent_later(
    database: None, start_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    get_user_model().objects.create_superuser("ada", email="ada@example.com")
    disabled_receiver("https://example.com/")
    worker = start_worker(EMAIL_URL=f"smtp://127.0.0.1:{closed_port()}")
    app.send_task("webhooks.notify_staff")
    worker.wait_for_output("staff cannot be notified by email")
    assert Receiver.objects.get().notify_staff_at
    worker.kill()
    start_worker(EMAIL_URL=f"filemail:///{tmp_path}/mail")
    app.send_task("webhooks.notify_staff")
    wait_until(everybody_is_told, what="staff are told")
    assert len(list((tmp_path / "mail").iterdir())) == 1


def test_all_admin_addresses_are_told_and_a_malformed_one_of_staff_stops_nobody(
    database: None, start_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    get_user_model().objects.create_superuser("ada", email="ada, grace@example.com")
    get_user_model().objects.create_superuser("lin", email="lin@example.com")
    disabled_receiver("https://example.com/")
    start_worker(EMAIL_URL=f"filemail:///{tmp_path}/mail", ADMIN_EMAIL="ops@example.com, boss@example.com")
    app.send_task("webhooks.notify_staff")
    wait_until(everybody_is_told, what="staff are told")
    (mail,) = [path.read_text() for path in (tmp_path / "mail").iterdir()]
    assert "To: ops@example.com, boss@example.com, lin@example.com\n" in mail


def test_a_mail_server_that_never_answers_locks_no_receiver(
    database: None, start_worker: Callable[..., Worker]
) -> None:
    get_user_model().objects.create_superuser("ada", email="ada@example.com")
    disabled_receiver("https://example.com/")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start_worker(EMAIL_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        app.send_task("webhooks.notify_staff")
        with silent.accept()[0], transaction.atomic():
            Receiver.objects.select_for_update(nowait=True).get()


def test_after_five_days_of_nothing_but_failures_a_receiver_is_disabled(
    service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    receiver.reply = lambda number: Reply(500)
    service.open_ticket()
    wait_until(lambda: Receiver.objects.filter(failing_since__isnull=False).exists(), what="a failure")
    assert Receiver.objects.get().enabled
    Receiver.objects.update(failing_since=timezone.now() - timedelta(days=5, seconds=1))
    redelivery.resend([Delivery.objects.get().pk])
    service.open_ticket()
    wait_until(lambda: Receiver.objects.filter(enabled=False).exists(), what="a disabled receiver")
    assert "5 days" in Receiver.objects.get().disabled_reason


def test_a_success_in_between_starts_the_five_days_anew(
    service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    Receiver.objects.update(failing_since=timezone.now() - timedelta(days=6), consecutive_failures=1)
    service.open_ticket()
    wait_until(lambda: Receiver.objects.filter(failing_since__isnull=True).exists(), what="the failures are forgotten")
    assert Receiver.objects.get().enabled


def aged_event(receiver: Receiver | None, state: str, days: float = 31, **values: object) -> Event:
    """An event of so many days ago, owed to the receiver."""
    event = Event.objects.create(type="ticket.created", payload="{}", ticket_id=1)
    Event.objects.filter(pk=event.pk).update(created_at=timezone.now() - timedelta(days=days))
    if receiver:
        delivery = Delivery.objects.create(event=event, receiver=receiver, state=state)
        Attempt.objects.create(delivery=delivery, receiver=receiver, started_at=timezone.now(), duration=1)
    return event


def test_what_is_old_and_owed_to_nobody_is_forgotten(database: None) -> None:
    receiver = Receiver.objects.create(url="https://example.com/")
    for state in ("delivered", "cancelled"):
        aged_event(receiver, state)
    aged_event(None, "")
    kept = {
        aged_event(receiver, "pending").pk,
        aged_event(receiver, "dead").pk,
        aged_event(receiver, "delivered", days=29).pk,
    }
    assert retention.prune() == 3
    assert set(Event.objects.values_list("pk", flat=True)) == kept
    assert set(Attempt.objects.values_list("delivery__event", flat=True)) == kept


def test_what_a_given_up_receiver_missed_is_kept_for_it(database: None) -> None:
    Receiver.objects.create(url="https://example.com/", enabled=False, disabled_at=timezone.now() - timedelta(days=40))
    before, missed = aged_event(None, "", days=41), aged_event(None, "", days=39)
    assert retention.prune() == 1
    assert not Event.objects.filter(pk=before.pk).exists()
    Receiver.objects.update(disabled_at=None)
    assert retention.prune() == 1
    assert not Event.objects.filter(pk=missed.pk).exists()


def test_listen_prints_and_verifies_and_misbehaves(
    service: Service, worker: Worker, start_process: Callable[..., Process]
) -> None:
    def listen(*options: str) -> tuple[Process, str]:
        process = start_process("manage", "listen", *options)
        process.wait_for_output("(Ctrl-C stops it)")
        return process, re.findall(r"listening on (http://\S+)", process.output())[0]

    trial, url = listen("--port", "0", "--status", "503", "--retry-after", "1", "--first", "1")
    receiver = Receiver.objects.create(url=url, timeout=30)
    ticket = service.open_ticket(issue_description="It is broken.").json()
    trial.wait_for_output("answered 503")
    output = trial.output()
    assert "ticket.created msg_" in output
    assert "signature verified" in output
    assert f'"id": {ticket["id"]}' in output
    service.open_ticket()
    trial.wait_for_output("answered 200")

    trial, url = listen("--port", "0", "--hang", "--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    Receiver.objects.filter(pk=receiver.pk).update(url=url, timeout=1)
    service.open_ticket()
    trial.wait_for_output("SIGNATURE NOT VERIFIED")
    trial.wait_for_output("the sender hung up")


def test_a_replay_leaves_cancelled_deliveries_alone_unless_asked(database: None) -> None:
    receiver = Receiver.objects.create(url="https://example.com/")
    for state in ("cancelled", "dead", "pending", "delivered"):
        aged_event(receiver, state, days=0.01)
    assert ", 2 queued" in replay(receiver)
    assert ", 3 queued" in replay(receiver, "--cancelled")


def test_a_test_event_is_due_before_everything_else_and_says_so(service: Service, receiver: RecordingReceiver) -> None:
    Receiver.objects.update(events=["ticket.created"])
    service.open_ticket()
    delivery = redelivery.send_test_event(Receiver.objects.get())
    assert delivery.next_attempt_at < Delivery.objects.exclude(pk=delivery.pk).get().next_attempt_at
    page = Staff(service, "ada", is_superuser=True).get(f"/admin/webhooks/delivery/{delivery.pk}/change/").text
    assert "due" in page
    assert "2000" not in page


def test_stored_headers_that_are_not_allowed_any_more_fail_alone_and_can_be_mended_at_the_desk(
    service: Service, worker: Worker, receiver: RecordingReceiver
) -> None:
    stored = Receiver.objects.create(url=receiver.url, encrypted_headers=encryption.encrypt("Cookie: a=b"))
    service.open_ticket()
    receiver.wait_for(1)
    wait_until(lambda: Attempt.objects.filter(receiver=stored).exists(), what="an attempt")
    attempt = Attempt.objects.get(receiver=stored)
    assert "custom headers are not allowed" in attempt.error
    assert "Cookie is set by Ticket Loop" in attempt.error
    staff, page = Staff(service, "ada", is_superuser=True), f"/admin/webhooks/receiver/{stored.pk}/change/"
    shown = staff.get(page)
    assert shown.status_code == 200
    assert "custom headers are not allowed" in shown.text
    assert "Cookie: a=b" in shown.text
    values = {"url": receiver.url, "events": "ticket.created", "body_format": "ticket", "timeout": "10"}
    assert staff.post(page, **values, custom_headers="X-Token: a").status_code == 302
    redelivery.resend([attempt.delivery_id])
    assert receiver.wait_for(2)[1].headers["x-token"] == "a"


def test_a_replay_in_the_future_is_empty(receiver: RecordingReceiver) -> None:
    assert redelivery.count_replayed_events(Receiver.objects.get(), datetime(3000, 1, 1, tzinfo=UTC)) == 0
