"""Statistics of one receiver for its page at the desk, and of all receivers for health and metrics."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection
from django.db.models import Count, Min, Q

from desk.formatting import NOTHING, percentage
from webhooks import circuit_breaker
from webhooks.models import Delivery, Receiver

LAST_ATTEMPTS = 500
RECENT_ATTEMPTS = 1000  # of all receivers together
MAX_COUNTED = 10_000

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
        ORDER BY next_attempt_at LIMIT {MAX_COUNTED} + 1
    ) AS delivery
) AS backlog
"""


# LATERAL: one index look-up per receiver, however long the backlog is.
OLDEST_DUE = """
SELECT extract(epoch FROM now() - min(due.next_attempt_at))::float8
FROM webhook_receivers AS receiver CROSS JOIN LATERAL (
    SELECT delivery.next_attempt_at
    FROM webhook_deliveries AS delivery
    WHERE delivery.receiver_id = receiver.id AND delivery.state = 'pending' AND delivery.next_attempt_at <= now()
    ORDER BY delivery.next_attempt_at
    LIMIT 1
) AS due
WHERE receiver.enabled
"""

# Attempts ever made: the value of the sequence, as old rows are pruned.
ALL = f"""
SELECT
    (SELECT count(*) FROM (
        SELECT FROM webhook_deliveries WHERE state = 'pending' LIMIT {MAX_COUNTED}
    ) AS pending),
    (SELECT count(*) FROM (SELECT FROM webhook_deliveries WHERE state = 'dead' LIMIT {MAX_COUNTED}) AS dead),
    ({OLDEST_DUE}),
    (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM webhook_attempts_id_seq),
    recent.count, recent.failures, receivers.enabled, receivers.failing, receivers.disabled
FROM (
    SELECT count(*), count(*) FILTER (WHERE error <> '') AS failures
    FROM (SELECT error FROM webhook_attempts ORDER BY id DESC LIMIT {RECENT_ATTEMPTS}) AS attempt
) AS recent, (
    SELECT count(*) FILTER (WHERE enabled AND consecutive_failures < {circuit_breaker.THRESHOLD}) AS enabled,
           count(*) FILTER (WHERE enabled AND consecutive_failures >= {circuit_breaker.THRESHOLD}) AS failing,
           count(*) FILTER (WHERE NOT enabled) AS disabled
    FROM webhook_receivers
) AS receivers
"""


@dataclass(frozen=True)
class Statistics:
    """Undelivered deliveries by state (counted up to `MAX_COUNTED`), the age in seconds of the oldest due one, attempts
    ever made, the results of the last `RECENT_ATTEMPTS`, and receivers by state."""

    pending: int
    dead: int
    oldest_due: float | None
    attempts: int
    recent_attempts: int
    recent_failures: int
    enabled_receivers: int
    failing_receivers: int
    disabled_receivers: int


def of_all() -> Statistics:
    """Statistics of all receivers together; the cost does not grow with their history."""
    with connection.cursor() as cursor:
        cursor.execute(ALL)
        return Statistics(*cursor.fetchone())


def oldest_due() -> float | None:
    """Seconds that the oldest due delivery has been waiting; None if none is due."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_DUE)
        seconds: float | None = cursor.fetchone()[0]
    return seconds


@dataclass(frozen=True)
class ReceiverStatistics:
    """Of the last `LAST_ATTEMPTS`: their number, successes, and 95th percentile of duration in seconds; the backlog
    (counted up to `MAX_COUNTED`) and the time of its oldest delivery."""

    attempts: int
    succeeded: int
    p95: float | None
    backlog: int
    oldest: datetime | None

    @property
    def success_rate(self) -> str:
        """A percentage; a dash if there is none yet."""
        return percentage(self.succeeded, self.attempts) if self.attempts else NOTHING

    @property
    def backlog_text(self) -> str:
        """The number of pending deliveries, or “more than” what is counted."""
        return _backlog_text(self.backlog)


def of_receiver(receiver: Receiver) -> ReceiverStatistics:
    """Statistics of this receiver; the cost does not grow with its history."""
    with connection.cursor() as cursor:
        cursor.execute(RECEIVER, {"receiver": receiver.pk})
        return ReceiverStatistics(*cursor.fetchone())


# Most important state of a ticket's deliveries first.
STATES = {
    "dead": Q(state=Delivery.State.DEAD),
    "failing": Q(state=Delivery.State.PENDING, attempts_made__gt=0),
    "pending": Q(state=Delivery.State.PENDING, attempts_made=0),
    "delivered": Q(state=Delivery.State.DELIVERED),
}


def states_of_tickets(ids: Collection[int]) -> dict[int, str]:
    """The most important state (see `STATES`) of each ticket's deliveries, in one query.

    Tickets without deliveries, or with cancelled ones only, are left out.
    """
    flags = {name: BoolOr(condition) for name, condition in STATES.items()}
    about = Delivery.objects.filter(event__ticket_id__in=ids).order_by().values("event__ticket_id")
    states = {}
    for ticket, *found in about.annotate(**flags).values_list("event__ticket_id", *STATES):
        if state := next((name for name, is_so in zip(STATES, found, strict=True) if is_so), None):
            states[ticket] = state
    return states


@dataclass(frozen=True)
class Health:
    """The backlog of all receivers (counted up to `MAX_COUNTED`), the time of its oldest delivery, and receivers that
    are failing or were disabled by Ticket Loop."""

    backlog: int
    oldest: datetime | None
    unhealthy: list[Receiver]

    @property
    def backlog_text(self) -> str:
        """The number of pending deliveries, or “more than” what is counted."""
        return _backlog_text(self.backlog)


def health() -> Health:
    """Health of webhooks; the cost does not grow with their history."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING).order_by()
    backlog = pending[: MAX_COUNTED + 1].aggregate(count=Count("pk"), oldest=Min("created_at"))
    failing = Q(enabled=True, consecutive_failures__gte=circuit_breaker.THRESHOLD)
    auto_disabled = Q(enabled=False, disabled_at__isnull=False)
    return Health(backlog["count"], backlog["oldest"], list(Receiver.objects.filter(failing | auto_disabled)))


def _backlog_text(backlog: int) -> str:
    return f"more than {MAX_COUNTED:,}" if backlog > MAX_COUNTED else f"{backlog:,}"
