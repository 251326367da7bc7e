"""Query plans of a page."""

from collections.abc import Mapping
from unittest.mock import patch

from core.pagination import keyset
from core.pagination.collection import Collection, Query
from core.raw_sql import Row, fetch_all_planned_for


def plans_of_a_page(collection: Collection, query: Query) -> str:
    """The output of EXPLAIN for every statement of the page."""
    plans: list[str] = []

    def explain(statement: str, values: Mapping[str, object]) -> list[Row]:
        plans.extend(line for (line,) in fetch_all_planned_for("EXPLAIN " + statement, values))
        return fetch_all_planned_for(statement, values)

    with patch.multiple(keyset, fetch_all=explain, fetch_all_planned_for=explain):
        keyset.fetch_page(collection, query, query.limit or 1)
    return "\n".join(plans)
