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
# Second and further lanes of all receivers together. A worker has 128 threads (CELERY_WORKER_CONCURRENCY): the others
# are for first lanes, of which slow receivers need as many as there are such receivers, and for other tasks.
EXTRA_LANES = 32
QUEUE_SECONDS = 10  # for a task to reach a worker; then its lane is handed out again

# First lanes for every receiver, then further ones, evenly. `number` makes two that run at once exclude each other.
HAND_OUT = f"""
WITH {ASYNC_COMMIT},
held AS (
    SELECT receiver_id, count(*) AS lanes, count(*) FILTER (WHERE number > 1) AS extra
    FROM webhook_lanes WHERE held_until > now()
    GROUP BY receiver_id
),
free AS (
    SELECT receiver.id AS receiver_id, numbers.number
    FROM async_commit CROSS JOIN webhook_receivers AS receiver
    LEFT JOIN held ON held.receiver_id = receiver.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS deliveries
        FROM (
            SELECT FROM webhook_deliveries AS delivery
            WHERE delivery.receiver_id = receiver.id AND {DUE}
            LIMIT CASE WHEN receiver.consecutive_failures < %(threshold)s THEN %(lanes)s ELSE 1 END
        ) AS delivery
    ) AS due
    CROSS JOIN LATERAL generate_series(1, least(coalesce(held.lanes, 0) + due.deliveries, %(lanes)s))
        AS numbers (number)
    WHERE receiver.enabled AND due.deliveries > 0 AND (%(receiver)s::bigint IS NULL OR receiver.id = %(receiver)s)
      AND (
          receiver.consecutive_failures < %(threshold)s
          OR (receiver.next_probe_at <= now() AND held.lanes IS NULL)
      )
      AND NOT EXISTS (
          SELECT FROM webhook_lanes AS lane
          WHERE lane.receiver_id = receiver.id AND lane.number = numbers.number AND lane.held_until > now()
      )
),
chosen AS (
    SELECT receiver_id, number FROM free WHERE number = 1
    UNION ALL (
        SELECT receiver_id, number FROM free WHERE number > 1 ORDER BY number, random()
        LIMIT greatest(%(extra)s - (SELECT coalesce(sum(extra), 0) FROM held), 0)
    )
)
INSERT INTO webhook_lanes AS lane (receiver_id, number, held_until)
SELECT receiver_id, number, now() + %(queue)s * interval '1 second' FROM chosen ORDER BY receiver_id, number
ON CONFLICT (receiver_id, number) DO UPDATE SET id = excluded.id, held_until = excluded.held_until
WHERE lane.held_until <= now()
RETURNING lane.id
"""


def hand_out_lanes(receiver: int | None = None) -> None:
    """Gives lanes to each receiver (or to this one) that has something due, and sends a task for each."""
    values = {
        "receiver": receiver,
        "threshold": THRESHOLD,
        "lanes": LANES,
        "extra": EXTRA_LANES,
        "queue": QUEUE_SECONDS,
    }
    lanes = fetch_all(HAND_OUT, values)
    close_old_connections()  # gives the connection to other threads while this one publishes
    try:
        for (lane,) in lanes:
            current_app.send_task("webhooks.send", [lane])
    except BROKER_ERRORS as error:
        logger.warning("the broker cannot be reached (%s); lanes are handed out again in %s s", error, QUEUE_SECONDS)
