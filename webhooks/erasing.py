"""Takes what was personal out of the outbox, for tickets whose text and contact are erased."""

from collections.abc import Collection

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

# A common table expression for a statement that has one named `rendered` (id of the ticket, body without what was
# personal). Every event about these tickets keeps its number, type and time.
ERASE_EVENTS = """
event AS (
    UPDATE webhook_events AS event SET payload = rendered.body
    FROM rendered WHERE event.ticket_id = rendered.id
)
"""
DELIVERIES = """
FROM webhook_deliveries AS delivery JOIN webhook_events AS event ON event.id = delivery.event_id
WHERE event.ticket_id = ANY (%s::bigint[])
"""
# Without waiting: who holds one is a worker, which may be waiting for another of them.
LOCK = f"SELECT delivery.id, delivery.leased_until > now() {DELIVERIES} FOR NO KEY UPDATE OF delivery NOWAIT"
CANCEL = """
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE id = ANY (%s::bigint[]) AND state IN ('pending', 'dead')
RETURNING id
"""
# What a receiver answered may repeat what it was sent.
ERASE_ANSWERS = "UPDATE webhook_attempts SET response = '' WHERE delivery_id = ANY (%s::bigint[]) AND response <> ''"


class UnderWayError(Exception):
    """A worker is sending one of the deliveries at this moment."""


def cancel_deliveries(tickets: Collection[int]) -> int:
    """Ends the deliveries about these tickets that are pending or dead, and forgets what receivers answered.

    Returns how many were ended. Raises UnderWayError where one is being sent: roll back and try again.
    """
    with connection.cursor() as cursor:
        deliveries = []
        for delivery, leased in _lock(tickets):
            if leased:
                raise UnderWayError
            deliveries.append(delivery)
        cursor.execute(ERASE_ANSWERS, [deliveries])
        cursor.execute(CANCEL, [deliveries])
        return len(cursor.fetchall())


def _lock(tickets: Collection[int]) -> list[tuple[int, bool | None]]:
    with connection.cursor() as cursor:
        try:
            cursor.execute(LOCK, [list(tickets)])
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise UnderWayError from error
            raise
        rows: list[tuple[int, bool | None]] = cursor.fetchall()
    return rows
