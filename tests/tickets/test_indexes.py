"""No page of a list needs a sequential scan, whatever its ordering, filters and position."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from django.db import connection

from contacts.filters import CONTACTS
from core.pagination.collection import Collection, Position, Query
from tests.plans import plans_of_a_page
from tickets.filters import TICKETS

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MIDDLE = {"id": Position((10_000,)), "created_at": Position((NOW - timedelta(minutes=10_000), 10_000))}
LATE, EARLY = NOW - timedelta(minutes=10), NOW - timedelta(minutes=19_990)
COMMON: dict[str, list[Any]] = {
    "created_after": [LATE, EARLY],
    "created_before": [LATE, EARLY],
    "email": ["7@example.com", "nobody@example.com"],
    "q": ["needle", "example", "日"],
}
FILTERS: dict[str, dict[str, list[Any]]] = {
    "tickets": {**COMMON, "status": ["open", "resolved"], "contact_id": [7], "resolved_after": [LATE, EARLY],
                "resolved_before": [LATE, EARLY]},
    "contacts": COMMON,
}  # fmt: skip


@pytest.fixture
def many(database: None) -> None:
    """Twenty thousand tickets, a minute apart, the newest twenty open."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE contacts, tickets CASCADE")  # what was deleted before would take room, and alter plans
        cursor.execute(
            "INSERT INTO contacts (full_name, email, created_at) "
            "SELECT 'Person ' || n, n || '@example.com', %s - (10000 - n) * interval '2 minutes' "
            "FROM generate_series(1, 10000) AS n",
            [NOW],
        )
        cursor.execute(
            "INSERT INTO tickets (contact_id, issue_description, status, created_at, resolved_at) "
            "SELECT contacts.id, CASE n WHEN 7 THEN 'a needle' ELSE 'x' END, "
            "(CASE WHEN n > 19980 THEN 'open' ELSE 'resolved' END)::ticket_status, "
            "moment, CASE WHEN n <= 19980 THEN moment END "
            "FROM generate_series(1, 20000) AS n "
            "CROSS JOIN LATERAL (SELECT %s - (20000 - n) * interval '1 minute') AS opened (moment) "
            "JOIN contacts ON email = (1 + n %% 10000) || '@example.com' ORDER BY n",
            [NOW],
        )
        cursor.execute("ANALYZE contacts, tickets")


@pytest.mark.parametrize("ordering", ["id", "-id", "created_at", "-created_at"])
@pytest.mark.parametrize("collection", [TICKETS, CONTACTS], ids=lambda each: each.table)
def test_no_page_is_a_sequential_scan(many: None, collection: Collection, ordering: str) -> None:
    for filters in all_filters(FILTERS[collection.table]):
        first = Query(filters, ordering, 100)
        for query in (first, replace(first, position=MIDDLE[ordering.removeprefix("-")])):
            plans = plans_of_a_page(collection, query)
            assert "Index" in plans
            assert "Seq Scan" not in plans, f"{query}:\n{plans}"


def all_filters(values: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """None, each alone with each of its values, and all pairs."""
    yield {}
    for name in values:
        yield from ({name: value} for value in values[name])
    for one, other in combinations(values, 2):
        yield {one: values[one][0], other: values[other][0]}
