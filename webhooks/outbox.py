"""The outbox: records events and the deliveries they owe in the transaction that causes them.

`record` is for any code. A statement of which many run each second joins the outbox in SQL instead, by `record_events`.
"""

from django.db import transaction

from core import request_id
from core.raw_sql import fetch_one
from webhooks.models import EventType
from webhooks.nudge import nudger

IS_OWED = "EXISTS (SELECT FROM delivery)"


def record(event_type: EventType, payload: str, ticket_id: int | None = None) -> None:
    """Records an event with the exact text to send, for every enabled receiver that subscribes to its type.

    Inside `atomic` it shares the transaction's fate. Workers are told once that is committed.
    """
    values = {"id": ticket_id, "body": payload, "request_id": request_id.current.get()}
    rendered = "SELECT %(id)s::bigint AS id, %(body)s::text AS body, %(request_id)s::text AS request_id"
    row = fetch_one(f"WITH rendered AS ({rendered}), {record_events(event_type)} SELECT {IS_OWED}", values)
    if row and row[0]:
        nudge_after_commit()


def record_events(event_type: EventType) -> str:
    """The seam: two common table expressions for a statement that has one named `rendered`.

    `rendered` has a row for each event: `id` of its ticket or NULL, `body` to send, `request_id`. The statement can
    select `IS_OWED`, whether any delivery was recorded, and then calls `nudge_after_commit`.
    """
    return f"""
event AS (
    INSERT INTO webhook_events (type, payload, ticket_id, request_id)
    SELECT '{event_type.value}', body, id, request_id FROM rendered
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
    """Tells a worker that deliveries are due, once the current transaction, if any, is committed."""
    transaction.on_commit(nudger.nudge)
