"""Query plans at full size: the scans of every page of the API."""

import os
import re
from typing import Any

import django

from bench.stack import Stack

SCAN = re.compile(r"(?:Seq|Index|Index Only|Bitmap Heap|Bitmap Index|Parallel Seq) Scan[^(]*")


def show_plans(stack: Stack, needle: str) -> None:
    """Prints the scans for one ticket and for a page with each filter and ordering."""
    os.environ.update(stack.environment)
    django.setup()
    from django.db import connection  # after the settings

    from contacts.filters import CONTACTS
    from core.pagination.collection import Query
    from tests.plans import plans_of_a_page
    from tickets.filters import TICKETS
    from tickets.representation import ONE_TICKET

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact.email, contact.id, contact.created_at, resolved_at, ticket.id FROM tickets AS ticket "
            "JOIN contacts AS contact ON contact.id = contact_id "
            "WHERE ticket.id > (SELECT max(id) / 2 FROM tickets) AND resolved_at IS NOT NULL ORDER BY ticket.id LIMIT 1"
        )
        email, contact, created, resolved, ticket = cursor.fetchone()
        cursor.execute("EXPLAIN " + ONE_TICKET, {"id": ticket})
        print(f"\nplans at full size\n  one ticket\n{_scans(row[0] for row in cursor.fetchall())}")
    values: dict[str, Any] = {
        "status": "open",
        "email": email,
        "contact_id": contact,
        "created_after": created,
        "created_before": created,
        "resolved_after": resolved,
        "resolved_before": resolved,
        "q": needle,
    }
    sequential = 0
    for collection in (TICKETS, CONTACTS):
        for name in (None, *collection.filters):
            for ordering in ("id", "-id", "created_at", "-created_at"):
                filters = {name: values[name]} if name else {}
                plans = plans_of_a_page(collection, Query(filters, ordering, 50))
                sequential += f"Seq Scan on {collection.table}" in plans
                if not ordering.startswith("-"):
                    print(f"  {collection.table} by {ordering}, {name or 'all'}\n{_scans(plans.splitlines())}")
    print(f"  pages with a sequential scan: {sequential} (wanted: 0)")


def _scans(lines: Any) -> str:
    found = [match[0].strip() for line in lines if (match := SCAN.search(line))]
    return "\n".join(f"    {each}" for each in dict.fromkeys(found))
