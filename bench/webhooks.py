"""`make bench-webhooks`: drain rate, latency, duration of a claim, statements per delivery."""

import multiprocessing
import os
import statistics
import time
from collections.abc import Sequence

import django
import psycopg
import requests

from bench.sink import Arrival, Sink
from bench.stack import Stack, running

BACKLOG = 5_000
RECEIVERS = 100
ROUNDS = 3
IDLE_TICKETS = 300
SIZES = (1_000, 10_000, 100_000, 1_000_000)

BODY = (
    '{"id": 123456, "user_id": 1234, "full_name": "Ada Lovelace", "email": "ada@example.com", "issue_description": "'
    + "The printer on the second floor says PC LOAD LETTER. " * 3
    + '", "status": "open", "created_at": "2026-01-01T12:00:00.000000Z", "resolved_at": null}'
)

ADD_EVENTS = """
WITH event AS (
    INSERT INTO webhook_events (type, payload, ticket_id)
    SELECT 'ticket.created', %(body)s, number FROM generate_series(1, %(count)s) AS number
    RETURNING id
)
INSERT INTO webhook_deliveries (event_id, receiver_id, state, finished_at)
SELECT event.id, %(receiver)s, %(state)s::text, CASE WHEN %(state)s::text <> 'pending' THEN now() END FROM event
"""

ADD_LANE = """
INSERT INTO webhook_lanes (receiver_id, number, handed_out_at, held_until) VALUES (%s, 1, now(), now()) RETURNING id
"""


def main() -> None:
    print(f"{os.cpu_count()} cores; one worker process; PostgreSQL durable")
    with running() as stack, Sink() as sink:
        connection = stack.connect()
        receiver = add_receiver(stack, connection, f"{sink.url}/hook")
        measure_drain(stack, connection, sink, [receiver], 0.4)
        measure_latency(stack, connection, sink)
        more = stack.add_receivers([f"{sink.url}/hook"] * RECEIVERS, ["ticket.created"])
        measure_drain(stack, connection, sink, more, 0.3)
        measure_claim(stack, connection, receiver)


def add_receiver(stack: Stack, connection: psycopg.Connection, url: str) -> int:
    """Sets up the receiver by WEBHOOK_URL; returns its id."""
    stack.environment |= {"WEBHOOK_URL": url, "WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    stack.manage("prepare")
    row = connection.execute("SELECT id FROM webhook_receivers").fetchone()
    assert row  # noqa: S101 -- prepare has just made it
    return int(row[0])


def add_events(connection: psycopg.Connection, receiver: int, count: int, state: str) -> None:
    connection.execute(ADD_EVENTS, {"body": BODY, "count": count, "receiver": receiver, "state": state})


# -- draining a backlog -------------------------------------------------------------------------------------------


def measure_drain(
    stack: Stack, connection: psycopg.Connection, sink: Sink, receivers: Sequence[int], wanted: float
) -> None:
    """Compares the worker with a plain loop of requests, alternately, each with `BACKLOG` deliveries."""
    ours, plain = [], []
    statements: list[float] = []
    for number in range(1, ROUNDS + 1):
        before = len(sink.arrivals())
        for receiver in receivers:
            add_events(connection, receiver, BACKLOG // len(receivers), "pending")
        connection.execute("SELECT pg_stat_statements_reset()")
        with stack.worker():
            arrived = sink.wait_for(before + BACKLOG)[before:]
            settle(connection)
        ours.append(rate(arrived))
        statements.append(calls(connection) / BACKLOG)
        before = len(sink.arrivals())
        plain_loop(sink.url)
        plain.append(rate(sink.wait_for(before + BACKLOG)[before:]))
        print(f"drain, round {number}: {ours[-1]:,.0f}/s; plain loop of requests: {plain[-1]:,.0f}/s")
    ratio = statistics.median(ours) / statistics.median(plain)
    name = f"drain, {len(receivers)} receivers"
    print(f"{name}: {statistics.median(ours):,.0f}/s, {ratio:.2f} of the plain loop (wanted: at least {wanted:g})")
    print(f"SQL statements of the worker per delivery: {statistics.median(statements):.3f}")
    for text, count in connection.execute(
        "SELECT regexp_replace(left(query, 70), '\\s+', ' ', 'g'), calls FROM pg_stat_statements WHERE toplevel "
        "ORDER BY calls DESC LIMIT 6"
    ):
        print(f"    {count:6} x {text.strip()}")


def rate(arrived: Sequence[Arrival]) -> float:
    """Events per second between the first and the last arrival."""
    times = sorted(each.time for each in arrived)
    return len(times) / (times[-1] - times[0])


def settle(connection: psycopg.Connection) -> None:
    """Waits until no delivery is pending."""
    while connection.execute("SELECT 1 FROM webhook_deliveries WHERE state = 'pending' LIMIT 1").fetchone():
        time.sleep(0.1)


def calls(connection: psycopg.Connection) -> int:
    """The number of statements sent, without the foreign-key checks that PostgreSQL adds."""
    row = connection.execute(
        "SELECT sum(calls) FROM pg_stat_statements WHERE toplevel AND query NOT LIKE 'SELECT % FROM ONLY %'"
    ).fetchone()
    assert row  # noqa: S101 -- an aggregate always has one
    return int(row[0])


def plain_loop(url: str) -> None:
    """Posts `BACKLOG` events from a process of its own, one request after the other."""
    loop = multiprocessing.get_context("spawn").Process(target=post_loop, args=(url, BACKLOG))
    loop.start()
    loop.join()


def post_loop(url: str, count: int) -> None:
    """Posts events with one `requests.Session`: no signature, no outbox, no record."""
    headers = {"Content-Type": "application/json"}
    with requests.Session() as session:
        session.trust_env = False
        for number in range(count):
            session.post(url, data=BODY.encode(), headers={**headers, "webhook-id": str(number)}).raise_for_status()


# -- from commit to arrival ---------------------------------------------------------------------------------------


def measure_latency(stack: Stack, connection: psycopg.Connection, sink: Sink) -> None:
    """Measures the latency from the ticket's transaction to the arrival of its event, one ticket at a time."""
    service = stack.start_service()
    with stack.worker():
        service.open_ticket()
        before = len(sink.wait_for(len(sink.arrivals())))
        time.sleep(2)
        before = len(sink.arrivals())
        for _ in range(IDLE_TICKETS):
            service.open_ticket()
            time.sleep(0.05)
        arrived = {each.id: each.time for each in reversed(sink.wait_for(before + IDLE_TICKETS)[before:])}
        settle(connection)
    rows = connection.execute(
        "SELECT 'msg_' || replace(uid::text, '-', ''), extract(epoch FROM created_at)::float8 "
        "FROM webhook_events ORDER BY id DESC LIMIT %s",
        (IDLE_TICKETS,),
    ).fetchall()
    delays = sorted((arrived[uid] - created) * 1000 for uid, created in rows)
    p50, p99 = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
    print(f"commit to arrival, idle: p50 {p50:.1f} ms (wanted: 15), p99 {p99:.1f} ms (wanted: 60)")


# -- the claim ----------------------------------------------------------------------------------------------------


def measure_claim(stack: Stack, connection: psycopg.Connection, receiver: int) -> None:
    """Measures the duration of a claim of 100 due deliveries, with ever more deliveries stored."""
    os.environ.update(stack.environment)
    django.setup()
    from webhooks.circuit_breaker import THRESHOLD  # after the settings
    from webhooks.delivery import CLAIM, LANE_MARGIN, LEASE_MARGIN
    from webhooks.lane import MAX_BATCH

    connection.execute("TRUNCATE webhook_events, webhook_lanes CASCADE")
    row = connection.execute(ADD_LANE, (receiver,)).fetchone()
    assert row  # noqa: S101 -- an INSERT returns its row
    margins = {"margin": LEASE_MARGIN, "lane_margin": LANE_MARGIN}
    values = {"lane": row[0], "size": MAX_BATCH, "threshold": THRESHOLD, **margins}
    stored = 0
    for size in SIZES:
        add_events(connection, receiver, size - stored, "delivered")
        stored = size
        add_events(connection, receiver, 100, "pending")
        connection.execute("VACUUM ANALYZE webhook_deliveries")
        connection.execute("VACUUM ANALYZE webhook_events")
        times = []
        for _ in range(100):
            with connection.transaction(force_rollback=True):
                start = time.perf_counter()
                connection.execute(CLAIM, values)
                times.append((time.perf_counter() - start) * 1000)
        print(f"claim with {size:>9,} deliveries stored: p50 {statistics.median(times):.2f} ms")
        connection.execute("UPDATE webhook_deliveries SET state = 'delivered' WHERE state = 'pending'")
    with connection.transaction(force_rollback=True):
        add_events(connection, receiver, 100, "pending")
        for (line,) in connection.execute(f"EXPLAIN (COSTS OFF) {CLAIM}", values):
            print(f"    {line}")


if __name__ == "__main__":
    main()
