"""A receiver that hangs leaves room for the others; one that keeps failing is probed, and drains when it is back."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event as Flag

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from tests.processes import Process, Worker, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import Service
from webhooks.circuit_breaker import THRESHOLD
from webhooks.dispatcher import LANES
from webhooks.lane import MAX_BATCH
from webhooks.models import Attempt, Delivery, EventType, Receiver

WAITING = 300  # several times what a worker sends at once
HANG = 20.0  # seconds


@pytest.fixture
def second_receiver(database: None) -> Iterator[RecordingReceiver]:
    recording = RecordingReceiver()
    Receiver.objects.create(url=recording.url, events=[EventType.TICKET_CREATED], timeout=10)
    yield recording
    recording.close()


def test_a_hanging_receiver_does_not_starve_a_healthy_one(
    service: Service,
    start_worker: Callable[..., Process],
    start_beat: Callable[..., Process],
    receiver: RecordingReceiver,
    second_receiver: RecordingReceiver,
) -> None:
    release = Flag()
    second_receiver.reply = lambda number: Reply(hold=release)
    Receiver.objects.filter(url=second_receiver.url).update(timeout=HANG)
    arrived: dict[int, float] = {}

    def note(number: int) -> Reply:
        arrived[number] = time.monotonic()
        return Reply()

    receiver.reply = note
    start_worker()
    start_beat()
    posted: list[float] = []
    while len(posted) < 60:
        posted.append(time.monotonic())
        service.open_ticket()
        time.sleep(0.1)
    receiver.wait_for(60)
    release.set()
    delays = sorted(arrived[number + 1] - posted[number] for number in range(60))
    assert delays[56] < HANG / 2, "the 95th percentile; a starved one would wait for the hanging receiver's time limit"


def test_a_failing_receiver_is_probed_and_drains_oldest_first_when_it_is_back(
    service: Service,
    start_worker: Callable[..., Process],
    start_beat: Callable[..., Process],
    receiver: RecordingReceiver,
) -> None:
    receiver.reply = lambda number: Reply(500)
    start_worker(concurrency=1)  # two processes would each send what they claimed, so that the order is only rough
    start_beat()
    for _ in range(THRESHOLD):
        service.open_ticket()
    wait_until(lambda: Receiver.objects.get().consecutive_failures >= THRESHOLD, what="an open circuit")
    Receiver.objects.update(next_probe_at=Now() + timedelta(hours=1))  # however long the next lines take
    for _ in range(WAITING):
        service.open_ticket()
    tried = set(Attempt.objects.values_list("delivery__event__ticket_id", flat=True))
    made = Attempt.objects.count()
    assert made <= THRESHOLD + 1, "new events wait while the circuit is open"
    receiver.reply = lambda number: Reply()
    Receiver.objects.update(next_probe_at=Now())
    wait_until(lambda: not Delivery.objects.exclude(state="delivered").exists(), what="the backlog's end")
    assert Receiver.objects.get().consecutive_failures == 0
    ids = [json.loads(arrival.body)["id"] for arrival in receiver.arrivals[made:]]
    assert len(set(ids)) == THRESHOLD + WAITING
    waiting = [each for each in ids if each not in tried]
    # Oldest first, but for what is under way at the same time.
    out_of_place = [abs(place - sorted(waiting).index(each)) for place, each in enumerate(waiting)]
    assert statistics.median(out_of_place) <= LANES * MAX_BATCH


def test_many_failures_at_once_do_not_put_off_the_first_probe(
    service: Service, receiver: RecordingReceiver, start_worker: Callable[..., Worker]
) -> None:
    receiver.reply = lambda number: Reply(500)
    for _ in range(12):
        service.open_ticket()
    start_worker(concurrency=1)
    failing = Receiver.objects.filter(next_probe_at__isnull=False, consecutive_failures__gte=3)
    wait_until(failing.exists, what="the opening of the circuit")
    probe = failing.get().next_probe_at
    assert probe
    assert probe - timezone.now() < timedelta(seconds=7)
