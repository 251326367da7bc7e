"""Takes what was personal out of the outbox, for tickets whose text and contact are erased."""

from collections.abc import Collection

from django.db import connection

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
    """A worker is sending one of the deliveries at this moment, or somebody changes what they are about."""


def cancel_deliveries(tickets: Collection[int]) -> int:
    """Ends the deliveries about these tickets that are pending or dead, and forgets what receivers answered.

    Returns how many were ended. Where one is being sent, raises UnderWayError, or OperationalError from
    LockNotAvailable: roll back and try again.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(tickets)])
        rows: list[tuple[int, bool | None]] = cursor.fetchall()
        if any(leased for _, leased in rows):
            raise UnderWayError
        deliveries = [delivery for delivery, _ in rows]
        cursor.execute(ERASE_ANSWERS, [deliveries])
        cursor.execute(CANCEL, [deliveries])
        return len(cursor.fetchall())
