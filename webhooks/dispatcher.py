"""Hands out lanes: the right of one task to send to one receiver (see `webhooks.lane`).

Celery is the scheduler. A receiver that has something due gets a task for each lane it is given, and no more tasks than
lanes, as lanes are rows: however often this runs, nothing piles up in the broker. A lane whose task got lost with its
broker or worker is handed out again once its time is over.
"""

import logging

from celery import current_app
from django.db import close_old_connections

from core.broker import BROKER_ERRORS
from core.raw_sql import fetch_all
from webhooks.circuit_breaker import THRESHOLD
from webhooks.delivery import ASYNC_COMMIT, DUE

logger = logging.getLogger(__name__)

# Lanes of one receiver: a receiver that takes two seconds for an answer keeps up with four tickets a second.
LANES = 8
# Second and further lanes of all receivers and workers together. A worker has 128 threads (CELERY_WORKER_CONCURRENCY):
# the others are for first lanes, of which slow receivers need as many as there are such receivers, and for other tasks.
EXTRA_LANES = 32
QUEUE_SECONDS = 5  # for a task to reach a worker; then its lane is handed out again
LANE_INTERVAL = 0.25  # seconds between two lanes of a receiver; one that answers fast is done with one by then

# A lane for each receiver without any, then one more for others. Of two that run at once only one gets a `number`.
# A lane that ends asks for its receiver alone: what it gets is a replacement, for which no interval counts.
HAND_OUT = f"""
WITH {ASYNC_COMMIT},
held AS (
    SELECT receiver_id, count(*) AS lanes, count(*) FILTER (WHERE number > 1) AS extra, max(handed_out_at) AS latest
    FROM webhook_lanes WHERE held_until > now()
    GROUP BY receiver_id
),
wanted AS (
    SELECT receiver.id, held.lanes IS NULL AS first,
           CASE WHEN %(receiver)s::bigint IS NOT NULL THEN held.latest END AS latest
    FROM async_commit CROSS JOIN webhook_receivers AS receiver
    LEFT JOIN held ON held.receiver_id = receiver.id
    WHERE receiver.enabled AND (%(receiver)s::bigint IS NULL OR receiver.id = %(receiver)s)
      AND CASE
          WHEN held.lanes IS NULL
          THEN receiver.consecutive_failures < %(threshold)s OR receiver.next_probe_at <= now()
          ELSE receiver.consecutive_failures < %(threshold)s AND held.lanes < %(lanes)s
               AND (%(receiver)s::bigint IS NOT NULL OR held.latest <= now() - %(interval)s * interval '1 second')
      END
      AND EXISTS (
          SELECT FROM webhook_deliveries AS delivery WHERE delivery.receiver_id = receiver.id AND {DUE}
      )
),
chosen AS (
    SELECT id, latest FROM wanted WHERE first
    UNION ALL (
        SELECT id, latest FROM wanted WHERE NOT first ORDER BY random()
        LIMIT greatest(%(extra)s - (SELECT coalesce(sum(extra), 0) FROM held), 0)
    )
)
INSERT INTO webhook_lanes AS lane (receiver_id, number, handed_out_at, held_until)
SELECT chosen.id, free.number, coalesce(chosen.latest, now()), now() + %(queue)s * interval '1 second'
FROM chosen CROSS JOIN LATERAL (
    SELECT min(number) AS number FROM generate_series(1, %(lanes)s) AS numbers (number)
    WHERE NOT EXISTS (
        SELECT FROM webhook_lanes AS lane
        WHERE lane.receiver_id = chosen.id AND lane.number = numbers.number AND lane.held_until > now()
    )
) AS free
ORDER BY chosen.id
ON CONFLICT (receiver_id, number) DO UPDATE
SET id = excluded.id, handed_out_at = excluded.handed_out_at, held_until = excluded.held_until
WHERE lane.held_until <= now()
RETURNING lane.id
"""


def hand_out_lanes(receiver: int | None = None) -> None:
    """Gives a lane to each receiver (or to this one) that has something due, and sends a task for each."""
    values = {
        "receiver": receiver,
        "threshold": THRESHOLD,
        "lanes": LANES,
        "extra": EXTRA_LANES,
        "interval": LANE_INTERVAL,
        "queue": QUEUE_SECONDS,
    }
    lanes = fetch_all(HAND_OUT, values)
    close_old_connections()  # gives the connection to other threads while this one publishes
    try:
        for (lane,) in lanes:
            current_app.send_task("webhooks.send", [lane])
    except BROKER_ERRORS as error:
        logger.warning("the broker cannot be reached (%s); lanes are handed out again in %s s", error, QUEUE_SECONDS)
