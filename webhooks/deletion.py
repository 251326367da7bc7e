"""Deletes a receiver, however many deliveries it has, in short transactions: no ticket waits for it."""

from functools import partial

from core.raw_sql import execute, fetch_all, fetch_one
from core.short_transaction import short_transaction
from webhooks.models import Receiver

BATCH = 5000  # deliveries of all receivers that are looked at in one transaction
PATIENCE = 5.0  # seconds to wait for a lock

DISABLE = "UPDATE webhook_receivers SET enabled = false WHERE id = %(receiver)s::bigint"
# Waits for statements that began before the receiver was disabled and may add deliveries for it.
WAIT_FOR_WRITERS = "LOCK TABLE webhook_deliveries IN SHARE ROW EXCLUSIVE MODE"
# Along the primary key: no index has all deliveries of a receiver.
LAST_OF_BATCH = f"""
SELECT max(id) FROM (SELECT id FROM webhook_deliveries WHERE id > %(after)s::bigint ORDER BY id LIMIT {BATCH}) AS batch
"""
# Locked first, so that a worker that records one of them is finished and its attempt is deleted too.
LOCK = """
SELECT id FROM webhook_deliveries
WHERE id > %(after)s::bigint AND id <= %(last)s::bigint AND receiver_id = %(receiver)s::bigint
ORDER BY id
FOR UPDATE
"""
DELETE_ATTEMPTS = "DELETE FROM webhook_attempts WHERE delivery_id = ANY (%(deliveries)s::bigint[])"
DELETE_DELIVERIES = "DELETE FROM webhook_deliveries WHERE id = ANY (%(deliveries)s::bigint[])"
DELETE_LANES = "DELETE FROM webhook_lanes WHERE receiver_id = %(receiver)s::bigint"
DELETE_RECEIVER = "DELETE FROM webhook_receivers WHERE id = %(receiver)s::bigint"


def delete_receiver(receiver: Receiver) -> None:
    """Deletes the receiver with its deliveries and attempts; the events stay for other receivers.

    It is disabled first. If something stops this half way, it is still there, disabled: delete it again. Raises
    `core.short_transaction.BusyError` if a lock cannot be had.
    """
    values = {"receiver": receiver.pk}
    short_transaction(lambda: execute(DISABLE, values), PATIENCE)
    short_transaction(_wait_for_writers, PATIENCE)
    last: int | None = 0
    while last is not None:
        last = short_transaction(partial(_delete_batch, receiver.pk, last), PATIENCE)
    short_transaction(lambda: execute(DELETE_LANES, values), PATIENCE)
    short_transaction(lambda: execute(DELETE_RECEIVER, values), PATIENCE)


def _wait_for_writers() -> None:
    # A little longer than PostgreSQL's deadlock_timeout, after which it cancels an autovacuum that is in the way.
    execute("SET LOCAL lock_timeout = 1500", {})
    execute(WAIT_FOR_WRITERS, {})


def _delete_batch(receiver: int, after: int) -> int | None:
    """Deletes what the receiver has among the next deliveries; returns the last of them, or None if there are none."""
    last: int | None
    (last,) = fetch_one(LAST_OF_BATCH, {"after": after}) or (None,)
    rows = fetch_all(LOCK, {"receiver": receiver, "after": after, "last": last})
    deliveries = [delivery for (delivery,) in rows]
    execute(DELETE_ATTEMPTS, {"deliveries": deliveries})
    execute(DELETE_DELIVERIES, {"deliveries": deliveries})
    return last
