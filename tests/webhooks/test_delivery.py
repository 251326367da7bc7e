"""Failures of broker, worker and beat: tickets are accepted without delay, every event arrives."""

import socket
import statistics
from collections.abc import Callable, Iterator
from threading import Event as Flag

import pytest
import redis
from django.db.models.functions import Now

from local.valkey import EmbeddedValkey
from tests.processes import MAX_MEDIAN_SECONDS, Gunicorn, Process, Worker, closed_port, wait_until
from tests.receiver import RecordingReceiver, Reply
from webhooks.models import Attempt, Delivery, Receiver

Start = Callable[..., Process]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A broker that the tests of this file may stop."""
    with EmbeddedValkey(tmp_path_factory.mktemp("broker") / "valkey") as broker:
        yield broker


@pytest.fixture(scope="module")
def service_on_broker(start_service: Callable[..., Gunicorn], broker: EmbeddedValkey) -> Gunicorn:
    return start_service(REDIS_URL=broker.url)


def delivered(count: int) -> None:
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == count, what=f"{count} deliveries")


def test_a_stopped_broker_delays_no_ticket_and_loses_none(
    service_on_broker: Gunicorn,
    broker: EmbeddedValkey,
    start_worker: Start,
    start_beat: Start,
    receiver: RecordingReceiver,
) -> None:
    broker.stop()
    times = service_on_broker.post_times(20)
    assert statistics.median(times) < MAX_MEDIAN_SECONDS
    wait_until(lambda: service_on_broker.request("GET", "/health").json()["broker"] == "error", what="the truth")
    broker.start()
    start_worker(REDIS_URL=broker.url)
    start_beat(REDIS_URL=broker.url)
    receiver.wait_for(21)
    delivered(21)


def test_a_broker_that_never_answers_delays_no_ticket(
    start_service: Callable[..., Gunicorn], receiver: RecordingReceiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = start_service(REDIS_URL=f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert statistics.median(service.post_times(20)) < MAX_MEDIAN_SECONDS
        health = service.request("GET", "/health")
        assert (health.status_code, health.json()["status"], health.json()["broker"]) == (200, "ok", "error")
    assert Delivery.objects.filter(state="pending").count() == 21


def test_a_worker_reconnects_to_a_broker_that_was_restarted_empty(
    service_on_broker: Gunicorn,
    broker: EmbeddedValkey,
    start_worker: Start,
    start_beat: Start,
    receiver: RecordingReceiver,
) -> None:
    start_worker(REDIS_URL=broker.url)
    start_beat(REDIS_URL=broker.url)
    service_on_broker.open_ticket()
    receiver.wait_for(1)
    broker.stop()
    service_on_broker.open_ticket()
    broker.start()
    receiver.wait_for(2)


def test_a_worker_outlives_a_broker_that_goes_between_a_nudge_and_its_acceptance(
    service_on_broker: Gunicorn,
    broker: EmbeddedValkey,
    start_worker: Start,
    start_beat: Start,
    receiver: RecordingReceiver,
) -> None:
    release = Flag()
    receiver.reply = lambda number: Reply(hold=release if number == 1 else None)
    worker = start_worker(REDIS_URL=broker.url, concurrency=1)
    service_on_broker.open_ticket()
    receiver.wait_for(1)  # its only thread is busy
    with redis.Redis.from_url(broker.url) as client:
        client.config_resetstat()
        service_on_broker.open_ticket()
        wait_until(lambda: "cmdstat_lpush" in client.info("commandstats"), what="the nudge")
        wait_until(lambda: not client.llen("celery"), what="a worker that has it")
    broker.stop()
    broker.start()
    release.set()
    start_beat(REDIS_URL=broker.url)
    receiver.wait_for(2)
    service_on_broker.open_ticket()
    receiver.wait_for(3)
    assert worker.process.poll() is None
    assert "UNABLE TO RESTORE" not in worker.output()  # Kombu's words, beside a file that it leaves in /tmp


def test_beat_finds_what_no_nudge_announced(
    start_service: Callable[..., Gunicorn], start_worker: Start, start_beat: Start, receiver: RecordingReceiver
) -> None:
    deaf = start_service(REDIS_URL=f"redis://127.0.0.1:{closed_port()}/0")
    deaf.open_ticket()
    start_worker()
    start_beat()
    receiver.wait_for(1)


def test_a_nudge_is_enough_without_beat(service: Gunicorn, worker: Worker, receiver: RecordingReceiver) -> None:
    service.open_ticket()
    receiver.wait_for(1)


def test_what_a_killed_worker_was_sending_is_sent_again_with_the_same_id(
    service: Gunicorn, start_worker: Start, start_beat: Start, receiver: RecordingReceiver
) -> None:
    release = Flag()
    receiver.reply = lambda number: Reply(hold=release if number == 1 else None)
    worker = start_worker()
    service.open_ticket()
    receiver.wait_for(1)
    worker.kill()
    assert not Attempt.objects.exists()
    assert Delivery.objects.filter(leased_until__gt=Now()).update(leased_until=Now()) == 1  # as if its time had passed
    start_worker()
    start_beat()
    first, second = receiver.wait_for(2)
    release.set()
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    delivered(1)


def test_what_was_posted_while_no_worker_ran_arrives_when_one_starts(
    service: Gunicorn, start_worker: Start, start_beat: Start, receiver: RecordingReceiver
) -> None:
    service.open_ticket()
    start_beat()
    start_worker()
    receiver.wait_for(1)


def test_a_slow_receiver_delays_no_ticket(service: Gunicorn, start_worker: Start, receiver: RecordingReceiver) -> None:
    release = Flag()
    receiver.reply = lambda number: Reply(hold=release)
    Receiver.objects.update(timeout=1)
    start_worker()
    assert statistics.median(service.post_times(20)) < MAX_MEDIAN_SECONDS
    wait_until(
        lambda: Attempt.objects.filter(error__contains="did not answer within 1 seconds").exists(),
        what="an attempt that ended",
    )
    release.set()
