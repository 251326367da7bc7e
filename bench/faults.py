"""`make bench-faults`: latency of creates during faults and load, compared with quiet rounds in between."""

import multiprocessing
import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Event as Flag

import requests

from bench.stack import running
from bench.webhooks import add_events
from tests.chaos.faults import World, answering
from tests.chaos.run import prepare
from tests.receiver import RecordingReceiver, Reply

ROUNDS, SECONDS, SETTLE = 3, 10.0, 2.0
POSTERS, RATE = 4, 120  # clients, and their creates per second in total
BACKLOG = 100_000
LISTED = 200_000  # tickets
WANTED = 1.5

ADD_TICKETS = """
INSERT INTO tickets (contact_id, issue_description)
SELECT contact.id, repeat('The printer says PC LOAD LETTER. ', 5)
FROM generate_series(1, %s), (SELECT min(id) FROM contacts) AS contact (id)
"""


def main() -> None:
    print(f"{os.cpu_count()} cores, shared with PostgreSQL (durable), a worker and {POSTERS} clients, {RATE} creates/s")
    receiver = RecordingReceiver()
    with running() as stack:
        prepare(stack, receiver)
        world = World(stack, receiver)
        receiver.reply = lambda number: world.reply
        world.service.open_ticket()
        stack.connect().execute(ADD_TICKETS, [LISTED])
        stack.connect().execute("VACUUM ANALYZE")
        measure(world.service.url, SETTLE)
        print(f"{'':<40}{'quiet p99 ms':>14}{'p50':>9}{'p99':>9}{'ratio':>8}  (wanted: {WANTED})")
        for trouble in (receiver_hangs, broker_is_frozen, deliveries_wait, list_is_downloaded):
            compare(world, trouble)
    receiver.close()


def compare(world: World, trouble: Callable[[World], object]) -> None:
    """Measures quiet and troubled rounds in turns; prints the medians of their percentiles."""
    quiet, troubled = [], []
    for _ in range(ROUNDS):
        quiet.append(measure(world.service.url, SECONDS))
        with contextmanager(trouble)(world):  # type: ignore[arg-type]
            time.sleep(SETTLE)
            troubled.append(measure(world.service.url, SECONDS))
        time.sleep(SETTLE)
    before, after = (statistics.median(p99 for _, p99 in rounds) for rounds in (quiet, troubled))
    p50 = statistics.median(p50 for p50, _ in troubled)
    name = trouble.__name__.replace("_", " ")
    print(f"{name:<40}{before:>14.1f}{p50:>9.1f}{after:>9.1f}{after / before:>8.2f}")


def measure(url: str, seconds: float) -> tuple[float, float]:
    """The p50 and p99 of creates in milliseconds; each must be answered 201."""
    taken: list[float] = []
    start, numbers = time.monotonic() + 0.1, count(time.time_ns())

    def post(first: int) -> None:
        with requests.Session() as session:
            for number in range(first, int(seconds * RATE), POSTERS):
                time.sleep(max(start + number / RATE - time.monotonic(), 0))
                ticket = {
                    "full_name": "Ada",
                    "email": f"a{next(numbers)}@example.com",
                    "issue_description": "It hangs.",
                }
                asked = time.perf_counter()
                answer = session.post(f"{url}/api/v1/tickets", json=ticket, timeout=60)
                taken.append((time.perf_counter() - asked) * 1000)
                answer.raise_for_status()

    threads = [threading.Thread(target=post, args=(first,)) for first in range(POSTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(taken) < int(seconds * RATE):
        raise SystemExit("a create was not answered 201")
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def receiver_hangs(world: World) -> Iterator[None]:
    released = Flag()
    with answering(world, Reply(hold=released)):
        yield
        released.set()


def broker_is_frozen(world: World) -> Iterator[None]:
    process = world.stack.valkey.process
    assert process  # noqa: S101 -- it is running
    process.send_signal(signal.SIGSTOP)
    yield
    process.send_signal(signal.SIGCONT)


def deliveries_wait(world: World) -> Iterator[None]:
    """A backlog of 100,000 deliveries to a receiver that always answers 500."""
    database = world.stack.connect()
    with answering(world, Reply(500)):
        row = database.execute("SELECT id FROM webhook_receivers").fetchone()
        assert row  # noqa: S101 -- WEBHOOK_URL's
        add_events(database, row[0], BACKLOG, "pending")
        database.execute("ANALYZE webhook_deliveries")
        yield
        database.execute("TRUNCATE webhook_events, webhook_deliveries, webhook_attempts")
        database.execute("UPDATE webhook_receivers SET consecutive_failures = 0, next_probe_at = NULL, enabled = true")
    database.close()


def list_is_downloaded(world: World) -> Iterator[None]:
    """A client that downloads the list of 200,000 tickets again and again."""
    process = multiprocessing.get_context("spawn").Process(
        target=_download, args=(f"{world.service.url}/api/v1/tickets",), daemon=True
    )
    process.start()
    yield
    process.kill()
    process.join()


def _download(url: str) -> None:
    while True:
        with requests.get(url, stream=True, timeout=60) as response:
            while response.raw.read(1_000_000):
                pass


if __name__ == "__main__":
    main()
