"""Keeps a worker's threads busy with due deliveries, without letting one receiver have them all.

A receiver gets at most half of the threads that the others leave (a bulkhead): however long it takes to answer, there
is room for the rest. Claims and records are made in batches, while other deliveries are under way.
"""

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from time import monotonic

from webhooks.delivery import Claim, Outcome, attempt, claim, record

THREADS = 16  # deliveries that one worker process sends at once
LOOK_AGAIN = 0.05  # seconds between looks for what came due while threads were busy
GATHER = 0.002  # seconds to wait for more results to record together
LONGEST_RUN = 10.0  # seconds until the worker is asked whether it should stop; the next tick goes on


@cache
def _pool() -> ThreadPoolExecutor:
    """This process's threads; each keeps its connections to receivers from one delivery to the next."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="delivery")


def deliver_due() -> int:
    """Attempts deliveries until none is due or `LONGEST_RUN` is over; returns how many attempts were made."""
    under_way: dict[Future[Outcome], Claim] = {}
    attempts, end = 0, monotonic() + LONGEST_RUN
    while True:
        claims = _claim(under_way) if monotonic() < end else []
        under_way.update({_pool().submit(attempt, each): each for each in claims})
        if not under_way:
            return attempts
        finished = _finished(under_way)
        if finished:
            record([future.result() for future in finished])
        for future in finished:
            del under_way[future]
        attempts += len(finished)


def _claim(under_way: dict[Future[Outcome], Claim]) -> list[Claim]:
    free = THREADS - len(under_way)
    if not free:
        return []
    held = Counter(each.receiver_id for each in under_way.values())
    rooms = {receiver: _room(free, count) for receiver, count in held.items()}
    return claim(free, _room(free, 0), rooms)


def _room(free: int, held: int) -> int:
    """How many more of the free threads a receiver that holds some already may have."""
    return max((free + held + 1) // 2 - held, 0)


def _finished(under_way: dict[Future[Outcome], Claim]) -> set[Future[Outcome]]:
    """What is finished, waiting for it a little."""
    if wait(under_way, LOOK_AGAIN, FIRST_COMPLETED).done:
        return wait(under_way, GATHER).done
    return set()
