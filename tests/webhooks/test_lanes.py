"""Many receivers, slow and hanging ones, bursts and several workers: nothing is sent twice, nobody waits for others."""

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from bench.sink import Sink
from tests.processes import Process, wait_until
from tests.service import Service
from webhooks import redelivery
from webhooks.dispatcher import EXTRA_LANES, LANES
from webhooks.models import Attempt, Delivery, EventType, Lane, Receiver

Start = Callable[..., Process]

pytestmark = pytest.mark.slow
BURST = 2_000  # deliveries
HANG = 8.0  # seconds

EVENTS = """
WITH event AS (
    INSERT INTO webhook_events (type, payload) SELECT 'ticket.created', '{}' FROM generate_series(1, %s) RETURNING id
)
INSERT INTO webhook_deliveries (event_id, receiver_id)
SELECT event.id, receiver.id FROM event CROSS JOIN webhook_receivers AS receiver ORDER BY event.id
"""

BREAK = """
SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'webhook_attempts'::regclass AND NOT granted
"""


@pytest.fixture
def sink(database: None) -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


def add_receivers(*urls: str, timeout: float = HANG) -> list[Receiver]:
    return [Receiver.objects.create(url=url, events=[EventType.TICKET_CREATED], timeout=timeout) for url in urls]


def add_events(count: int) -> None:
    """Adds this many events for every receiver at once, as a busy moment would."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [count])


def all_delivered() -> bool:
    return not Delivery.objects.exclude(state="delivered").exists()


@pytest.mark.parametrize(("receivers", "workers"), [(1, 1), (20, 1), (200, 1), (1, 2), (20, 2), (200, 2)])
def test_while_nothing_fails_nothing_is_sent_twice(
    sink: Sink, start_worker: Start, start_beat: Start, receivers: int, workers: int
) -> None:
    add_receivers(*(f"{sink.url}/{number}" for number in range(receivers)))
    started = [start_worker() for _ in range(workers)]
    start_beat()
    for _ in range(2):
        add_events(BURST // receivers // 2)
    wait_until(all_delivered, what="the end of the burst")
    wait_until(lambda: not Lane.objects.exists(), what="the end of the lanes")
    arrivals = Counter((each.path, each.id) for each in sink.arrivals())
    assert len(arrivals) == Delivery.objects.count() == BURST
    assert set(arrivals.values()) == {1}
    assert Attempt.objects.count() == BURST
    for worker in started:
        assert "Traceback" not in worker.output()


@pytest.mark.parametrize("hanging", [1, 16, 64])
def test_a_quick_receiver_waits_for_no_slow_or_hanging_one(
    service: Service, sink: Sink, start_worker: Start, start_beat: Start, hanging: int
) -> None:
    add_receivers(*(f"{sink.url}/hang/{number}" for number in range(hanging)))
    slow = add_receivers(*(f"{sink.url}/slow/2/{number}" for number in range(20)))
    (quick,) = add_receivers(f"{sink.url}/quick")
    worker = start_worker()
    start_beat()
    posted: dict[int, float] = {}
    end = time.monotonic() + HANG  # as long as what hangs first does
    while time.monotonic() < end:
        posted[service.open_ticket().json()["id"]] = time.time()
        time.sleep(0.3)
    of_quick = Delivery.objects.filter(receiver=quick).select_related("event")
    wait_until(lambda: of_quick.filter(state="delivered").count() == len(posted), what="what the quick one is owed")
    tickets = {each.event.message_id: each.event.ticket_id or 0 for each in of_quick}
    arrived = {tickets[each.id]: each.time for each in sink.arrivals() if each.path == "/quick"}
    delays = sorted(arrived[ticket] - posted[ticket] for ticket in posted)
    assert delays[int(len(delays) * 0.95) - 1] < HANG / 2, "a starved one would wait for what hangs"
    assert Attempt.objects.filter(receiver__in=slow, error="").exists()
    worker.ask_to_end()
    assert worker.wait_for_end(30) == 0
    slow_arrivals = Counter((each.path, each.id) for each in sink.arrivals() if each.path.startswith("/slow"))
    assert set(slow_arrivals.values()) == {1}
    recorded = Attempt.objects.filter(receiver__in=slow).count()
    assert recorded == len(slow_arrivals), "what was sent is recorded before the worker ends"


def test_a_worker_that_ends_leaves_nothing_leased_and_another_goes_on(
    sink: Sink, start_worker: Start, start_beat: Start
) -> None:
    add_receivers(f"{sink.url}/slow/0.5/one")
    add_events(50)
    worker = start_worker()
    start_beat()
    sink.wait_for(1)
    worker.ask_to_end()
    assert worker.wait_for_end(30) == 0
    sent = len(sink.arrivals())
    assert sent < 50
    assert (Attempt.objects.count(), Delivery.objects.filter(leased_until__isnull=False).count()) == (sent, 0)
    start_worker()
    wait_until(all_delivered, what="the rest")
    assert set(Counter(each.id for each in sink.arrivals()).values()) == {1}


def test_no_receiver_has_more_tasks_than_lanes_and_a_worker_has_threads_left(
    sink: Sink, start_worker: Start, start_beat: Start
) -> None:
    add_receivers(*(f"{sink.url}/hang/{number}" for number in range(20)), timeout=2)
    add_events(20)
    start_worker()
    start_beat()
    seen: list[Counter[int]] = []

    def all_have_failed_once() -> bool:
        seen.append(Counter(Lane.objects.values_list("number", flat=True)))
        return Attempt.objects.values("receiver").distinct().count() == 20

    wait_until(all_have_failed_once, what="an attempt at each")
    most = max(seen, key=Counter.total)
    assert max(most) > 1
    assert most.total() <= 20 + EXTRA_LANES + LANES, "EXTRA_LANES, or a few more where two give them at once"


def test_a_slow_receiver_is_sent_as_much_as_its_lanes_can(sink: Sink, start_worker: Start, start_beat: Start) -> None:
    add_receivers(f"{sink.url}/slow/1/one")
    add_events(60)
    start_worker()
    start_beat()
    arrivals = sink.wait_for(60)
    took = arrivals[-1].time - arrivals[0].time
    assert took < 30, "one after the other they would take a minute, with 8 lanes after a few seconds some 12 s"


def test_a_result_is_recorded_although_the_connection_breaks(
    sink: Sink, start_worker: Start, start_beat: Start
) -> None:
    add_receivers(*(f"{sink.url}/slow/0.02/{number}" for number in range(4)))
    add_events(BURST // 4)
    worker = start_worker()
    start_beat()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE webhook_attempts IN SHARE MODE")  # so that recording waits, and breaks meanwhile
        for _ in range(5):
            wait_until(lambda: cursor.execute(BREAK).fetchall(), what="a connection to break")
    wait_until(all_delivered, what="the rest")
    assert "results cannot be recorded yet" in worker.output()
    assert set(Counter((each.path, each.id) for each in sink.arrivals()).values()) == {1}
    assert Attempt.objects.count() == BURST


def test_flapping_receivers_and_two_workers_make_no_deadlock(
    sink: Sink, start_worker: Start, start_beat: Start
) -> None:
    before = deadlocks()
    receivers = add_receivers(f"{sink.url}/flap/one", f"{sink.url}/flap/two")
    add_events(BURST // 2)
    workers = [start_worker(), start_worker()]
    start_beat()

    def enough_attempts() -> bool:
        """Meanwhile failed deliveries are due at once, and staff resend what was delivered."""
        Receiver.objects.filter(next_probe_at__gt=Now()).update(next_probe_at=Now())
        delivered = Delivery.objects.filter(state="delivered").order_by("?").values_list("pk", flat=True)
        redelivery.resend(delivered[:200])
        return Attempt.objects.count() >= 2 * BURST

    wait_until(enough_attempts, what="many attempts")
    assert deadlocks() == before
    for receiver in receivers:
        receiver.refresh_from_db()
        assert receiver.enabled
    for worker in workers:
        assert "Traceback" not in worker.output()
        assert "recorded yet" not in worker.output()


def deadlocks() -> int:
    """The number of deadlocks that PostgreSQL has found in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        count: int = cursor.fetchone()[0]
    return count
