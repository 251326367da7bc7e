"""`kill -9` at each point between a ticket's commit and the record of its delivery: what happens then is certain."""

import socket
import threading
from collections.abc import Callable
from contextlib import closing

from django.db import connection, transaction
from django.db.models.functions import Now

from tests.processes import Gunicorn, Process, wait_until
from tests.receiver import RecordingReceiver, Reply
from webhooks.models import Attempt, Delivery, EventType, Lane, Receiver

Start = Callable[..., Process]


def let_the_lease_run_out() -> None:
    """As if its time had passed."""
    assert Delivery.objects.filter(leased_until__gt=Now()).update(leased_until=Now()) == 1


def test_killed_between_commit_and_nudge_beat_finds_the_delivery(
    start_service: Callable[..., Gunicorn], start_worker: Start, start_beat: Start, receiver: RecordingReceiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a broker that takes the nudge and never answers
        service = start_service(REDIS_URL=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert service.open_ticket().status_code == 201
        service.kill()
    start_worker()
    start_beat()
    receiver.wait_for(1)
    wait_until(lambda: Delivery.objects.filter(state="delivered", attempts_made=1).exists(), what="the record")


def test_killed_between_claim_and_send_the_event_arrives_once_when_the_lease_is_over(
    service: Gunicorn, start_worker: Start, start_beat: Start
) -> None:
    # Its queue of one is full: a connection is begun and not made, nothing is sent.
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    with closing(full), closing(socket.create_connection(full.getsockname())):
        receiver = Receiver.objects.create(
            url=f"http://127.0.0.1:{full.getsockname()[1]}/hook", events=[EventType.TICKET_CREATED], timeout=30
        )
        worker = start_worker()
        service.open_ticket()
        wait_until(lambda: Delivery.objects.filter(leased_until__isnull=False).exists(), what="a claim")
        worker.kill()
    assert not Attempt.objects.exists()
    recording = RecordingReceiver()
    Receiver.objects.filter(pk=receiver.pk).update(url=recording.url)
    let_the_lease_run_out()
    start_worker()
    start_beat()
    recording.wait_for(1)
    wait_until(lambda: Delivery.objects.filter(state="delivered", attempts_made=1).exists(), what="the record")
    assert len(recording.arrivals) == 1
    recording.close()


def test_killed_between_send_and_record_the_event_arrives_twice_with_one_id_and_one_body(
    service: Gunicorn, start_worker: Start, start_beat: Start, receiver: RecordingReceiver
) -> None:
    worker = start_worker()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE webhook_attempts IN SHARE MODE")  # so that nothing can be recorded
        service.open_ticket()
        receiver.wait_for(1)
        waiting = "SELECT 1 FROM pg_locks WHERE relation = 'webhook_attempts'::regclass AND NOT granted"
        wait_until(lambda: cursor.execute(waiting).fetchone(), what="a record that waits")
        worker.kill()
    let_the_lease_run_out()
    start_worker()
    start_beat()
    first, second = receiver.wait_for(2)
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    wait_until(lambda: Delivery.objects.filter(state="delivered", attempts_made=1).exists(), what="the record")


def test_what_a_worker_records_after_its_lease_takes_nothing_from_the_one_that_has_it_now(
    service: Gunicorn, start_worker: Start, start_beat: Start, receiver: RecordingReceiver
) -> None:
    answered, released = threading.Event(), threading.Event()
    receiver.reply = lambda number: Reply(500, hold=answered) if number == 1 else Reply(hold=released)
    frozen = start_worker()
    service.open_ticket()
    receiver.wait_for(1)
    frozen.freeze()
    let_the_lease_run_out()
    Lane.objects.update(held_until=Now())
    answered.set()
    start_worker()
    start_beat()
    receiver.wait_for(2)
    frozen.thaw()
    wait_until(lambda: Attempt.objects.filter(status=500).exists(), what="the late record")
    assert Delivery.objects.filter(state="pending", attempts_made=0, leased_until__gt=Now()).exists()
    released.set()
    wait_until(lambda: Delivery.objects.filter(state="delivered", attempts_made=1).exists(), what="the record")
    assert len(receiver.arrivals) == 2
