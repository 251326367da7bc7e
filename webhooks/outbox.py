"""Records events and the deliveries they owe inside the statement that causes them."""

from django.db import transaction

from webhooks.nudge import nudger

IS_OWED = "EXISTS (SELECT FROM delivery)"


def record_events(event: str) -> str:
    """Two common table expressions for a statement that has one named `rendered`: `id` of a ticket, `body` to send and
    `request_id`.

    Event and deliveries thus share the fate of the row that caused them. Such a statement can select `IS_OWED`: whether
    there is anybody to tell, and so a worker to wake.
    """
    return f"""
event AS (
    INSERT INTO webhook_events (type, payload, ticket_id, request_id)
    SELECT '{event}', body, id, request_id FROM rendered
    RETURNING id, type
),
delivery AS (
    INSERT INTO webhook_deliveries (event_id, receiver_id)
    SELECT event.id, receiver.id
    FROM event JOIN webhook_receivers AS receiver ON receiver.enabled AND event.type = ANY (receiver.events)
    RETURNING id
)
"""


def nudge_after_commit() -> None:
    """Wakes a worker once the current transaction, if any, is committed."""
    # Outside one, `on_commit` would open this thread's connection, though what was committed went over another.
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(nudger.nudge)
    else:
        nudger.nudge()
