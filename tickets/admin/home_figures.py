"""Figures of the home page. Each uses an index and reads no rows older than `DAYS`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from tickets.models import Ticket

DAYS = 30
MAX_LISTED = 5

OPENED_PER_DAY = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) FROM tickets WHERE created_at >= %(since)s GROUP BY day
"""
RESOLVED_PER_DAY = """
SELECT (resolved_at AT TIME ZONE 'UTC')::date AS day, count(*) FROM tickets WHERE resolved_at >= %(since)s GROUP BY day
"""
TIME_TO_RESOLVE = """
SELECT percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY resolved_at - created_at)
FROM tickets WHERE resolved_at >= %(since)s
"""
REPEAT_CONTACTS = """
SELECT contact.id, contact.full_name, contact.email, repeat.count
FROM (
    SELECT contact_id, count(*) FROM tickets WHERE created_at >= %(since)s
    GROUP BY contact_id HAVING count(*) > 1 ORDER BY count DESC, contact_id LIMIT %(limit)s
) AS repeat JOIN contacts AS contact ON contact.id = repeat.contact_id
ORDER BY repeat.count DESC, contact.id
"""


@dataclass(frozen=True)
class OldTicket:
    """An open ticket, among the oldest."""

    pk: int
    excerpt: str
    created_at: datetime


@dataclass(frozen=True)
class RepeatContact:
    """A contact with more than one ticket within `DAYS`."""

    pk: int
    full_name: str
    email: str
    tickets: int


@dataclass(frozen=True)
class HomeFigures:
    """Figures at the time `at`: what is open, and what happened in the last `DAYS` days (UTC)."""

    at: datetime
    open: int
    days: list[date]
    opened: list[int]
    resolved: list[int]
    median: timedelta | None
    p90: timedelta | None
    oldest: list[OldTicket]
    repeat: list[RepeatContact]


def compute_figures() -> HomeFigures:
    """Queries all figures."""
    now = timezone.now()
    days = [now.date() - timedelta(days=back) for back in reversed(range(DAYS))]
    since = {"since": days[0]}
    opened, resolved = dict(_rows(OPENED_PER_DAY, since)), dict(_rows(RESOLVED_PER_DAY, since))
    percentiles = _rows(TIME_TO_RESOLVE, since)[0][0] or [None, None]
    oldest = Ticket.objects.filter(status=Ticket.Status.OPEN).order_by("pk")[:MAX_LISTED]
    return HomeFigures(
        at=now,
        open=Ticket.objects.filter(status=Ticket.Status.OPEN).count(),
        days=days,
        opened=[opened.get(day, 0) for day in days],
        resolved=[resolved.get(day, 0) for day in days],
        median=percentiles[0],
        p90=percentiles[1],
        oldest=[OldTicket(each.pk, each.excerpt, each.created_at) for each in oldest],
        repeat=[RepeatContact(*row) for row in _rows(REPEAT_CONTACTS, {**since, "limit": MAX_LISTED})],
    )


def chart(figures: HomeFigures) -> dict[str, Any]:
    """Data for Chart.js; colours are CSS variables, which django-unfold resolves."""
    shared = {"grouped": True, "maxBarThickness": 10, "displayYAxis": True, "maxTicksXLimit": 10}
    opened = {"label": "Opened", "data": figures.opened, "backgroundColor": "var(--color-primary-500)"}
    resolved = {"label": "Resolved", "data": figures.resolved, "backgroundColor": "var(--color-base-400)"}
    labels = [f"{day.day} {day:%b}" for day in figures.days]
    return {"labels": labels, "datasets": [{**opened, **shared}, {**resolved, **shared}]}


def _rows(statement: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
