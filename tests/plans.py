"""The plans by which PostgreSQL finds a page."""

from collections.abc import Mapping
from unittest.mock import patch

from ticketloop.listing import statements
from ticketloop.listing.collections import Collection, Query
from ticketloop.statements import Row, fetch_all


def plans_of_a_page(collection: Collection, query: Query) -> str:
    """`EXPLAIN` of every statement that the page takes."""
    plans: list[str] = []

    def explain(statement: str, values: Mapping[str, object], *, prepare: bool = True) -> list[Row]:
        plans.extend(line.decode() for (line,) in fetch_all("EXPLAIN " + statement, values, prepare=False))
        return fetch_all(statement, values, prepare=prepare)

    with patch.object(statements, "fetch_all", explain):
        statements.fetch_page(collection, query, query.limit or 1)
    return "\n".join(plans)
