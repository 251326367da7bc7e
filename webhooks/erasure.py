"""Erases personal data from the outbox, for tickets whose text and contact are erased."""

from collections.abc import Collection

from django.db import connection

# A common table expression for a statement that has one named `rendered` (ticket id, body without personal data).
# Events keep their number, type and time.
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
# NOWAIT, to avoid a deadlock with a worker that is recording several of these deliveries.
LOCK = f"SELECT delivery.id, delivery.leased_until > now() {DELIVERIES} FOR NO KEY UPDATE OF delivery NOWAIT"
CANCEL = """
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE id = ANY (%s::bigint[]) AND state IN ('pending', 'dead')
RETURNING id
"""
# A response may quote the request.
ERASE_ANSWERS = "UPDATE webhook_attempts SET response = '' WHERE delivery_id = ANY (%s::bigint[]) AND response <> ''"


class DeliveryInProgressError(Exception):
    """A worker is sending one of the deliveries, or one of their tickets is being changed."""


def cancel_deliveries(tickets: Collection[int]) -> int:
    """Cancels pending and dead deliveries about these tickets and erases stored responses; returns how many.

    Raises DeliveryInProgressError if one is being sent, or OperationalError (from LockNotAvailable) if a row is locked:
    roll back and try again.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(tickets)])
        rows: list[tuple[int, bool | None]] = cursor.fetchall()
        if any(leased for _, leased in rows):
            raise DeliveryInProgressError
        deliveries = [delivery for delivery, _ in rows]
        cursor.execute(ERASE_ANSWERS, [deliveries])
        cursor.execute(CANCEL, [deliveries])
        return len(cursor.fetchall())
