"""Keeps a worker's threads busy with due deliveries, without letting one receiver have them all.

A receiver gets at most half of the threads that the others leave (a bulkhead): however long it takes to answer, there
is room for the rest. Claims and records are made in batches, while other deliveries are under way: while receivers
answer fast, a thread is given several deliveries to one of them to send in a row.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from time import monotonic
from typing import NamedTuple

from webhooks.delivery import Claim, Outcome, attempt, claim, record

THREADS = 16  # deliveries that one worker process sends at once
LONGEST_RUN = 64  # deliveries that a thread sends in a row
FAST = 0.25  # seconds that a run may take; what is not sent by then is given back
LOOK_AGAIN = 0.05  # seconds between looks for what came due while threads were busy
GATHER = 0.002  # seconds to wait for more results to record together
LONGEST_TASK = 10.0  # seconds until the worker is asked whether it should stop; the next tick goes on
SLOW = 1.0  # seconds; a task does not end by waiting for what takes longer, while others have events that are due

Run = list[Claim]  # deliveries to one receiver


class Sending(NamedTuple):
    """A run that a thread is sending, and since when (monotonic)."""

    run: Run
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
        for run in _claim([each.run for each in under_way.values()], length) if goes_on else []:
            under_way[_pool().submit(_send, run)] = Sending(run, now)
        if not under_way:
            return attempts
        outcomes: list[Outcome] = []
        unsent: list[Claim] = []
        for future in _finished(under_way):
            (run, _), sent = under_way.pop(future), future.result()
            outcomes += sent
            unsent += run[len(sent) :]
            length = min(2 * length, LONGEST_RUN) if _is_fast(sent) else 1
        if outcomes:
            record(outcomes, unsent)
        attempts += len(outcomes)


def _send(run: Run) -> list[Outcome]:
    """Attempts one after the other until one fails or the time is over."""
    outcomes: list[Outcome] = []
    for each in run:
        outcomes.append(attempt(each))
        if not _is_fast(outcomes):
            break
    return outcomes


def _is_fast(outcomes: list[Outcome]) -> bool:
    return not outcomes[-1].answer.error and sum(outcome.duration for outcome in outcomes) < FAST


def _claim(under_way: Collection[Run], length: int) -> list[Run]:
    """Runs for the free threads, each of up to `length` deliveries."""
    free = THREADS - len(under_way)
    if not free:
        return []
    held = Counter(run[0].receiver_id for run in under_way)
    rooms = {receiver: _room(free, count) for receiver, count in held.items()}
    claims = claim(
        free * length, _room(free, 0) * length, {receiver: room * length for receiver, room in rooms.items()}
    )
    by_receiver: defaultdict[int, Run] = defaultdict(list)
    for each in claims:
        by_receiver[each.receiver_id].append(each)
    runs = []
    for receiver, run in by_receiver.items():
        # As wide as its room and its share of what was claimed allow.
        share = max(free * len(run) // len(claims), 1)
        width = min(len(run), rooms.get(receiver, _room(free, 0)), share)
        runs += [run[start::width] for start in range(width)]
    return runs


def _room(free: int, held: int) -> int:
    """How many more of the free threads a receiver that holds some already may have."""
    return max((free + held + 1) // 2 - held, 0)


def _finished(under_way: Collection[Future[list[Outcome]]]) -> set[Future[list[Outcome]]]:
    """What is finished, waiting for it a little."""
    if wait(under_way, LOOK_AGAIN, FIRST_COMPLETED).done:
        return wait(under_way, GATHER).done
    return set()
