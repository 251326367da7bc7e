"""How a receiver is doing, for its page in the admin; how all are doing, for health and metrics."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection
from django.db.models import Count, Min, Q

from webhooks import circuit_breaker
from webhooks.models import Delivery, Receiver

LAST_ATTEMPTS = 500
RECENT = 1000  # attempts that are looked at for all receivers together
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


# Receiver by receiver, so that the index finds each one's oldest at once, however long the backlog is.
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

# The sequence knows how many attempts there ever were; the rows are pruned.
ALL = f"""
SELECT
    (SELECT count(*) FROM (
        SELECT FROM webhook_deliveries WHERE state = 'pending' LIMIT {MOST_COUNTED}
    ) AS pending),
    (SELECT count(*) FROM (SELECT FROM webhook_deliveries WHERE state = 'dead' LIMIT {MOST_COUNTED}) AS dead),
    ({OLDEST_DUE}),
    (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM webhook_attempts_id_seq),
    recent.count, recent.failures, receivers.enabled, receivers.failing, receivers.disabled
FROM (
    SELECT count(*), count(*) FILTER (WHERE error <> '') AS failures
    FROM (SELECT error FROM webhook_attempts ORDER BY id DESC LIMIT {RECENT}) AS attempt
) AS recent, (
    SELECT count(*) FILTER (WHERE enabled AND consecutive_failures < {circuit_breaker.THRESHOLD}) AS enabled,
           count(*) FILTER (WHERE enabled AND consecutive_failures >= {circuit_breaker.THRESHOLD}) AS failing,
           count(*) FILTER (WHERE NOT enabled) AS disabled
    FROM webhook_receivers
) AS receivers
"""


@dataclass(frozen=True)
class Statistics:
    """Deliveries that are not made (each state counted up to `MOST_COUNTED`), the seconds for which the oldest due one
    has waited, attempts ever made, the outcome of the last `RECENT` ones, and receivers by state."""

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
    """The figures of all receivers together, at a cost that does not grow with their past."""
    with connection.cursor() as cursor:
        cursor.execute(ALL)
        return Statistics(*cursor.fetchone())


def oldest_due() -> float | None:
    """For how many seconds the oldest due delivery has been waiting; None when none is due."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_DUE)
        seconds: float | None = cursor.fetchone()[0]
    return seconds


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
        return _in_words(self.backlog)


def of_receiver(receiver: Receiver) -> ReceiverStatistics:
    """This receiver's figures, at a cost that does not grow with its past."""
    with connection.cursor() as cursor:
        cursor.execute(RECEIVER, {"receiver": receiver.pk})
        return ReceiverStatistics(*cursor.fetchone())


# What matters most about a ticket's deliveries first.
STATES = {
    "dead": Q(state=Delivery.State.DEAD),
    "failing": Q(state=Delivery.State.PENDING, attempts_made__gt=0),
    "waiting": Q(state=Delivery.State.PENDING, attempts_made=0),
    "delivered": Q(state=Delivery.State.DELIVERED),
}


def states_of_tickets(ids: Collection[int]) -> dict[int, str]:
    """How the deliveries about each of these tickets are doing, in one word (see `STATES`); one query for all of them.

    A ticket of which no receiver is told, or whose deliveries are cancelled or forgotten, is left out.
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
    """What is pending for all receivers (counted up to `MOST_COUNTED`) and since when, and the receivers in trouble."""

    backlog: int
    oldest: datetime | None
    troubled: list[Receiver]

    @property
    def backlog_in_words(self) -> str:
        """The number of pending deliveries, or that they are too many to count."""
        return _in_words(self.backlog)


def health() -> Health:
    """How webhooks are doing, at a cost that does not grow with their past."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING).order_by()
    backlog = pending[: MOST_COUNTED + 1].aggregate(count=Count("pk"), oldest=Min("created_at"))
    failing = Q(enabled=True, consecutive_failures__gte=circuit_breaker.THRESHOLD)
    given_up = Q(enabled=False, disabled_at__isnull=False)
    return Health(backlog["count"], backlog["oldest"], list(Receiver.objects.filter(failing | given_up)))


def _in_words(backlog: int) -> str:
    return f"more than {MOST_COUNTED:,}" if backlog > MOST_COUNTED else f"{backlog:,}"
