"""Retention: deletes old events with their deliveries and attempts once nothing is left to deliver.

Events with a pending or dead delivery are kept until it is delivered or cancelled, and so are events that a receiver
missed since Ticket Loop disabled it: nothing undelivered disappears silently.
"""

from django.conf import settings
from django.db import connection, transaction

from core.raw_sql import execute

BATCH = 1000

PRUNE = f"""
WITH old AS (
    SELECT event.id
    FROM webhook_events AS event
    WHERE event.created_at < now() - %(days)s * interval '1 day'
      AND event.id > %(after)s
      AND NOT EXISTS (
          SELECT FROM webhook_deliveries AS delivery
          WHERE delivery.event_id = event.id AND delivery.state IN ('pending', 'dead')
      )
      AND NOT EXISTS (
          SELECT FROM webhook_receivers AS receiver
          WHERE event.type = ANY (receiver.events) AND event.created_at >= receiver.disabled_at
      )
    ORDER BY event.id
    LIMIT {BATCH}
),
delivery AS (
    DELETE FROM webhook_deliveries AS delivery USING old WHERE delivery.event_id = old.id RETURNING delivery.id
),
attempt AS (
    DELETE FROM webhook_attempts AS attempt USING delivery WHERE attempt.delivery_id = delivery.id
),
pruned AS (
    DELETE FROM webhook_events AS event USING old WHERE event.id = old.id
)
SELECT count(*), max(id) FROM old
"""


# A lane that was handed out while its receiver was being deleted.
PRUNE_LANES = "DELETE FROM webhook_lanes WHERE held_until < now() - interval '1 day'"


def prune() -> int:
    """Deletes events older than `WEBHOOK_RETENTION_DAYS`, a short transaction per batch; returns how many."""
    execute(PRUNE_LANES, {})
    total: int = 0
    after: int = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PRUNE, {"days": settings.WEBHOOK_RETENTION_DAYS, "after": after})
            count, after = cursor.fetchone()
        total += count
        if count < BATCH:
            return total
