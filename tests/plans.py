"""The plans by which PostgreSQL finds a page."""

from collections.abc import Callable
from typing import Any

from django.db import connection

from ticketloop.listing.collections import Collection, Query
from ticketloop.listing.statements import fetch

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def plans_of_a_page(collection: Collection, query: Query) -> str:
    """`EXPLAIN` of every statement that the page takes."""
    plans: list[str] = []

    def explain(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        execute("EXPLAIN " + sql if sql.startswith("SELECT") else sql, params, many, context)
        if sql.startswith("SELECT"):
            plans.extend(row[0] for row in context["cursor"].fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        fetch(collection, query, query.position, query.limit or 1)
    return "\n".join(plans)
