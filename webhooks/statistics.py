"""How a receiver is doing, for its page in the admin."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from webhooks.models import Receiver

LAST_ATTEMPTS = 500
MOST_COUNTED = 10_000

RECEIVER = f"""
SELECT last.count, last.succeeded, last.p95, backlog.count, backlog.oldest
FROM (
    SELECT count(*), count(*) FILTER (WHERE error = '') AS succeeded,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) AS p95
    FROM (
        SELECT error, duration FROM webhook_attempts WHERE receiver_id = %(receiver)s
        ORDER BY id DESC LIMIT {LAST_ATTEMPTS}
    ) AS attempt
) AS last, (
    SELECT count(*), min(created_at) AS oldest
    FROM (
        SELECT created_at FROM webhook_deliveries WHERE receiver_id = %(receiver)s AND state = 'pending'
        ORDER BY next_attempt_at LIMIT {MOST_COUNTED} + 1
    ) AS delivery
) AS backlog
"""


@dataclass(frozen=True)
class ReceiverStatistics:
    """Of the last attempts: how many there were, how many succeeded, the 95th percentile of their length in seconds;
    what is pending (counted up to `MOST_COUNTED`) and since when."""

    attempts: int
    succeeded: int
    p95: float | None
    backlog: int
    oldest: datetime | None

    @property
    def success_rate(self) -> str:
        """As a percentage, in words where there is none."""
        return f"{self.succeeded / self.attempts:.1%}" if self.attempts else "no attempt yet"

    @property
    def backlog_in_words(self) -> str:
        """The number of pending deliveries, or that they are too many to count."""
        return f"more than {MOST_COUNTED:,}" if self.backlog > MOST_COUNTED else f"{self.backlog:,}"


def of_receiver(receiver: Receiver) -> ReceiverStatistics:
    """This receiver's figures, at a cost that does not grow with its past."""
    with connection.cursor() as cursor:
        cursor.execute(RECEIVER, {"receiver": receiver.pk})
        return ReceiverStatistics(*cursor.fetchone())
