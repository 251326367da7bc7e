"""Dispatches due deliveries to a worker's threads, with a bulkhead for each receiver.

A receiver gets at most half of the threads that the others leave free: however slow it is, there is capacity for the
rest. Deliveries are claimed and recorded in batches while others are in flight; for receivers that answer fast, a
thread sends a batch of several deliveries to one receiver in a row.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import NamedTuple

from webhooks.delivery import Claim, Outcome, attempt, claim, record

THREADS = 16  # concurrent deliveries of one worker process
MAX_BATCH = 64  # deliveries claimed for a thread to send in a row
TARGET_BATCH_SECONDS = 0.25  # expected duration of a batch
MAX_BATCH_SECONDS = 0.5  # after which the rest of a batch is released
POLL_INTERVAL = 0.05  # seconds between claims while all deliveries in flight are slow
GROUP_INTERVAL = 0.002  # seconds to wait for more results to record together
MAX_TASK_SECONDS = 10.0  # after which the task ends, so that the worker can shut down; the next tick continues
SLOW_SECONDS = 1.0  # a delivery in flight for longer keeps the task going, with work for other receivers


class Queue(NamedTuple):
    """Claimed deliveries to one receiver, oldest first, that one or more threads drain."""

    receiver_id: int
    claims: deque[Claim]


class Send(NamedTuple):
    """A thread that drains a queue, and when it started (monotonic)."""

    queue: Queue
    started: float


@cache
def _pool() -> ThreadPoolExecutor:
    """The process's threads; each keeps its connections to receivers alive between deliveries."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="delivery")


def deliver_due() -> int:
    """Attempts deliveries until none is due or `MAX_TASK_SECONDS` are over; returns the number of attempts.

    A slow delivery prolongs it, and other receivers' deliveries are claimed meanwhile.
    """
    in_flight: dict[Future[list[Outcome]], Send] = {}
    attempts, batch_size, end = 0, 1, monotonic() + MAX_TASK_SECONDS
    while True:
        now = monotonic()
        claiming = now < end or any(now - each.started > SLOW_SECONDS for each in in_flight.values())
        for queue, width in _claim([each.queue for each in in_flight.values()], batch_size) if claiming else []:
            for _ in range(width):
                in_flight[_pool().submit(_send, queue.claims)] = Send(queue, now)
        if not in_flight:
            return attempts
        outcomes: list[Outcome] = []
        unsent: list[Claim] = []
        for future in _finished(in_flight):
            queue, sent = in_flight.pop(future).queue, future.result()
            outcomes += sent
            unsent += _drain(queue.claims)  # empty unless the thread stopped early
            if sent:
                batch_size = _next_batch_size(sent)
        if outcomes:
            record(outcomes, unsent)
        attempts += len(outcomes)


def _send(claims: deque[Claim]) -> list[Outcome]:
    """Attempts deliveries one after the other until none is left, one fails or `MAX_BATCH_SECONDS` are over."""
    outcomes: list[Outcome] = []
    end = monotonic() + MAX_BATCH_SECONDS
    for each in _drain(claims):
        outcomes.append(attempt(each))
        if outcomes[-1].answer.error or monotonic() > end:
            break
    return outcomes


def _drain(claims: deque[Claim]) -> Iterator[Claim]:
    """Pops claims from the left; safe to call from several threads."""
    with suppress(IndexError):
        while True:
            yield claims.popleft()


def _next_batch_size(sent: list[Outcome]) -> int:
    """Batch size for the next claims, from the mean duration of `sent`."""
    if sent[-1].answer.error:
        return 1
    mean = sum(outcome.duration for outcome in sent) / len(sent)
    return min(max(int(TARGET_BATCH_SECONDS / mean), 1), MAX_BATCH)


def _claim(in_flight: Collection[Queue], batch_size: int) -> list[tuple[Queue, int]]:
    """Claims up to `batch_size` deliveries per free thread; returns a queue per receiver and its number of threads."""
    free = THREADS - len(in_flight)
    if not free:
        return []
    held = Counter(queue.receiver_id for queue in in_flight)
    capacities = {receiver: _capacity(free, count) for receiver, count in held.items()}
    claims = claim(
        free * batch_size,
        _capacity(free, 0) * batch_size,
        {receiver: capacity * batch_size for receiver, capacity in capacities.items()},
    )
    by_receiver: defaultdict[int, deque[Claim]] = defaultdict(deque)
    for each in claims:
        by_receiver[each.receiver_id].append(each)
    queues = []
    for receiver, queued in by_receiver.items():
        # Limited by the receiver's capacity and by its share of all claims.
        share = max(free * len(queued) // len(claims), 1)
        width = min(len(queued), capacities.get(receiver, _capacity(free, 0)), share)
        queues.append((Queue(receiver, queued), width))
    return queues


def _capacity(free: int, held: int) -> int:
    """How many of the `free` threads a receiver that already holds `held` may get."""
    return max((free + held + 1) // 2 - held, 0)


def _finished(in_flight: Collection[Future[list[Outcome]]]) -> set[Future[list[Outcome]]]:
    """Finished threads, waiting up to `POLL_INTERVAL` for one."""
    if wait(in_flight, POLL_INTERVAL, FIRST_COMPLETED).done:
        return wait(in_flight, GROUP_INTERVAL).done
    return set()
