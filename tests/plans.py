"""The plans by which PostgreSQL finds a page."""

from collections.abc import Mapping
from unittest.mock import patch

from core.pagination import keyset
from core.pagination.collection import Collection, Query
from core.raw_sql import Row, fetch_all


def plans_of_a_page(collection: Collection, query: Query) -> str:
    """`EXPLAIN` of every statement that the page takes."""
    plans: list[str] = []

    def explain(statement: str, values: Mapping[str, object], *, prepare: bool = True) -> list[Row]:
        plans.extend(line.decode() for (line,) in fetch_all("EXPLAIN " + statement, values, prepare=False))
        return fetch_all(statement, values, prepare=prepare)

    with patch.object(keyset, "fetch_all", explain):
        keyset.fetch_page(collection, query, query.limit or 1)
    return "\n".join(plans)
