"""Runs a lane: claims one receiver's due deliveries, sends them one after the other, records what came of them."""

import threading
from contextlib import suppress
from time import monotonic

from celery.signals import worker_shutting_down
from django.db import Error

from webhooks.delivery import MAX_BATCH_SECONDS, Claim, Outcome, attempt, claim, record, release
from webhooks.dispatcher import hand_out_lanes
from webhooks.sending import Session

LANE_SECONDS = 2.0  # after which a lane claims nothing more; tasks that wait for a thread come first then
MAX_BATCH = 64  # deliveries claimed at once
TARGET_BATCH_SECONDS = 1.0  # expected duration of a batch

_stopping = threading.Event()


@worker_shutting_down.connect
def stop_claiming(**kwargs: object) -> None:
    """Ends all lanes of this worker after their current attempt."""
    _stopping.set()


def run(lane: int) -> None:
    """Sends to the lane's receiver until nothing is due or LANE_SECONDS are over; does nothing if the lane is lost.

    Takes at most LANE_SECONDS, MAX_BATCH_SECONDS and one attempt, and RECORD_SECONDS more while PostgreSQL is away.
    """
    end, size, sent, receiver = monotonic() + LANE_SECONDS, 1, False, None
    try:
        # Connections are kept within a lane only: whatever a receiver sends, nobody else reads it.
        with Session() as session:
            while monotonic() < end and not _stopping.is_set() and (claims := claim(lane, size)):
                sent = True
                size = _next_size(_send(session, claims))
    finally:
        with suppress(Error):  # PostgreSQL is away, and the lane runs out
            receiver = release(lane)
    # What was committed between the last claim and the release was told to nobody else. If nothing could be claimed,
    # what is due may be locked: the next tick looks again.
    if receiver is not None and sent:
        hand_out_lanes(receiver)


def _send(session: Session, claims: list[Claim]) -> list[Outcome]:
    """Attempts these deliveries until one fails or MAX_BATCH_SECONDS are over, and records that."""
    outcomes: list[Outcome] = []
    end = monotonic() + MAX_BATCH_SECONDS
    try:
        for each in claims:
            outcomes.append(attempt(session, each))
            if outcomes[-1].answer.error or monotonic() > end or _stopping.is_set():
                break
    finally:
        record(outcomes, claims[len(outcomes) :])
    return outcomes


def _next_size(outcomes: list[Outcome]) -> int:
    """Deliveries to claim next: as many as take TARGET_BATCH_SECONDS at the speed of the last ones."""
    if outcomes[-1].answer.error:
        return 1
    mean = sum(outcome.duration for outcome in outcomes) / len(outcomes)
    return min(max(int(TARGET_BATCH_SECONDS / mean), 1), MAX_BATCH)
