"""Keeps a worker's threads busy with due deliveries, without letting one receiver have them all.

A receiver gets at most half of the threads that the others leave (a bulkhead): however long it takes to answer, there
is room for the rest. Claims and records are made in batches, while other deliveries are under way: while receivers
answer fast, a thread sends several deliveries to one of them in a row.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import cache
from time import monotonic
from typing import NamedTuple

from webhooks.delivery import Claim, Outcome, attempt, claim, record

THREADS = 16  # deliveries that one worker process sends at once
LONGEST_RUN = 64  # deliveries that are claimed for a thread to send in a row
RUN = 0.25  # seconds that they are likely to take
LONG = 0.5  # seconds after which what is left of them is given back
LOOK_AGAIN = 0.05  # seconds between looks for what came due while threads were busy
GATHER = 0.002  # seconds to wait for more results to record together
LONGEST_TASK = 10.0  # seconds until the worker is asked whether it should stop; the next tick goes on
SLOW = 1.0  # seconds; a task does not end by waiting for what takes longer, while others have events that are due


class Queue(NamedTuple):
    """Claimed deliveries to one receiver, oldest first, of which several threads take one after the other."""

    receiver_id: int
    claims: deque[Claim]


class Sending(NamedTuple):
    """A thread's share in emptying a queue, and since when (monotonic)."""

    queue: Queue
    started: float


@cache
def _pool() -> ThreadPoolExecutor:
    """This process's threads; each keeps its connections to receivers from one delivery to the next."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="delivery")


def deliver_due() -> int:
    """Attempts deliveries until none is due or `LONGEST_TASK` is over; returns how many attempts were made.

    A receiver that takes its time then prolongs it, with work for the others.
    """
    under_way: dict[Future[list[Outcome]], Sending] = {}
    attempts, length, end = 0, 1, monotonic() + LONGEST_TASK
    while True:
        now = monotonic()
        goes_on = now < end or any(now - each.started > SLOW for each in under_way.values())
        for queue, width in _claim([each.queue for each in under_way.values()], length) if goes_on else []:
            for _ in range(width):
                under_way[_pool().submit(_send, queue.claims)] = Sending(queue, now)
        if not under_way:
            return attempts
        outcomes: list[Outcome] = []
        unsent: list[Claim] = []
        for future in _finished(under_way):
            queue, sent = under_way.pop(future).queue, future.result()
            outcomes += sent
            unsent += _popped(queue.claims)  # nothing, unless the thread stopped early
            if sent:
                length = _next_length(sent)
        if outcomes:
            record(outcomes, unsent)
        attempts += len(outcomes)


def _send(claims: deque[Claim]) -> list[Outcome]:
    """Attempts one after the other until none is left, one fails or the time is over."""
    outcomes: list[Outcome] = []
    end = monotonic() + LONG
    for each in _popped(claims):
        outcomes.append(attempt(each))
        if outcomes[-1].answer.error or monotonic() > end:
            break
    return outcomes


def _popped(claims: deque[Claim]) -> Iterator[Claim]:
    """The claims from the left, each to one of the threads that ask for them at once."""
    with suppress(IndexError):
        while True:
            yield claims.popleft()


def _next_length(sent: list[Outcome]) -> int:
    """How many deliveries to claim for a thread after one sent these."""
    if sent[-1].answer.error:
        return 1
    mean = sum(outcome.duration for outcome in sent) / len(sent)
    return min(max(int(RUN / mean), 1), LONGEST_RUN)


def _claim(under_way: Collection[Queue], length: int) -> list[tuple[Queue, int]]:
    """Queues for the free threads, each with how many of them are to empty it: up to `length` deliveries a thread."""
    free = THREADS - len(under_way)
    if not free:
        return []
    held = Counter(queue.receiver_id for queue in under_way)
    rooms = {receiver: _room(free, count) for receiver, count in held.items()}
    claims = claim(
        free * length, _room(free, 0) * length, {receiver: room * length for receiver, room in rooms.items()}
    )
    by_receiver: defaultdict[int, deque[Claim]] = defaultdict(deque)
    for each in claims:
        by_receiver[each.receiver_id].append(each)
    queues = []
    for receiver, queued in by_receiver.items():
        # As many threads as its room and its share of what was claimed allow.
        share = max(free * len(queued) // len(claims), 1)
        width = min(len(queued), rooms.get(receiver, _room(free, 0)), share)
        queues.append((Queue(receiver, queued), width))
    return queues


def _room(free: int, held: int) -> int:
    """How many more of the free threads a receiver that holds some already may have."""
    return max((free + held + 1) // 2 - held, 0)


def _finished(under_way: Collection[Future[list[Outcome]]]) -> set[Future[list[Outcome]]]:
    """What is finished, waiting for it a little."""
    if wait(under_way, LOOK_AGAIN, FIRST_COMPLETED).done:
        return wait(under_way, GATHER).done
    return set()
