"""Forgets events, with their deliveries and attempts, once they are old and owed to nobody.

What is pending or dead stays until it is delivered or staff cancel it, and so do the events that a receiver missed
since Ticket Loop disabled it: nothing that was not delivered goes silently.
"""

from django.conf import settings
from django.db import connection, transaction

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
owed AS (
    DELETE FROM webhook_deliveries AS delivery USING old WHERE delivery.event_id = old.id RETURNING delivery.id
),
attempt AS (
    DELETE FROM webhook_attempts AS attempt USING owed WHERE attempt.delivery_id = owed.id
),
pruned AS (
    DELETE FROM webhook_events AS event USING old WHERE event.id = old.id
)
SELECT count(*), max(id) FROM old
"""


def prune() -> int:
    """Deletes what is older than `WEBHOOK_RETENTION_DAYS` in batches of short transactions; returns how many events."""
    total: int = 0
    after: int = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PRUNE, {"days": settings.WEBHOOK_RETENTION_DAYS, "after": after})
            count, after = cursor.fetchone()
        total += count
        if count < BATCH:
            return total
