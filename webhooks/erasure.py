"""Erases personal data from the outbox, for tickets whose text and contact are erased."""

from collections.abc import Collection

from core.raw_sql import execute, fetch_all

# A common table expression for a statement that has one named `rendered` (ticket id, body without personal data).
# Events keep their number, type and time.
ERASE_EVENTS = """
event AS (
    UPDATE webhook_events AS event SET payload = rendered.body
    FROM rendered WHERE event.ticket_id = rendered.id
)
"""
# Locked in the order of their ids, as in `webhooks.delivery`.
LOCK = """
SELECT delivery.id
FROM webhook_deliveries AS delivery JOIN webhook_events AS event ON event.id = delivery.event_id
WHERE event.ticket_id = ANY (%(tickets)s::bigint[])
ORDER BY delivery.id
FOR NO KEY UPDATE OF delivery
"""
CANCEL = """
UPDATE webhook_deliveries SET state = 'cancelled', finished_at = now()
WHERE id = ANY (%(deliveries)s::bigint[]) AND state IN ('pending', 'dead')
"""
# A response may quote the request.
ERASE_ANSWERS = """
UPDATE webhook_attempts SET response = '' WHERE delivery_id = ANY (%(deliveries)s::bigint[]) AND response <> ''
"""


def cancel_deliveries(tickets: Collection[int]) -> int:
    """Cancels pending and dead deliveries about these tickets and erases stored responses; returns how many.

    Of one that is being sent at this moment, `webhooks.delivery` will store no response.
    """
    values = {"deliveries": [delivery for (delivery,) in fetch_all(LOCK, {"tickets": list(tickets)})]}
    execute(ERASE_ANSWERS, values)
    return execute(CANCEL, values)
