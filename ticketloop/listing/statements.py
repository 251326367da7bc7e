"""The SQL of a list. Every row is found by an index and a key, never by an offset.

A page is looked for in two ways, as PostgreSQL cannot know beforehand which is quick. First the list is walked in its
order along an index for at most `WALK` rows, which fills a page at once where matches are frequent. Where they turn
out to be rare, all of them are looked up by the filters' own indexes and sorted.
"""

from typing import Any

from django.db import connection, transaction

from ticketloop.listing.collections import ORDERINGS, Collection, Key, Position, Query

WALK = 5000  # rows; a walk takes some tens of milliseconds when each is searched for a text

Row = tuple[Any, ...]  # the key's columns, then the JSON text


def fetch(collection: Collection, query: Query, position: Position | None, limit: int) -> list[Row]:
    """At most `limit` rows from the position on, in the order in which they are met from there."""
    statement = Statement(collection, query, position)
    if not statement.has_rest:
        return _run(statement.walk(limit, limit), statement.values)
    rows = _run(statement.walk(WALK, limit), statement.values)
    if len(rows) == limit or not _run(statement.walk_further(WALK), statement.values):
        return rows
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        return _run(statement.look_up(limit), statement.values)


class Statement:
    """The SELECTs for one query at one position."""

    def __init__(self, collection: Collection, query: Query, position: Position | None) -> None:
        self.collection, self.row = collection, collection.row
        self.columns = ORDERINGS[query.column]
        self.descending = query.descending != (position is not None and position.backward)
        self.values: dict[str, Any] = dict(query.filters)
        self.filters = {name: collection.filters[name] for name in query.filters}
        self.along = [name for name, each in self.filters.items() if query.column in each.indexed]
        self.has_rest = len(self.along) < len(self.filters)
        self.bound = self._bound(position.key) if position else []

    def walk(self, depth: int, limit: int) -> str:
        """Filters the next `depth` rows in the list's order."""
        conditions = [self._condition(name) for name in self.filters if name not in self.along]
        return f"{self._select(self._next(depth))}{_where(conditions)} {self._order()} LIMIT {limit}"

    def walk_further(self, depth: int) -> str:
        """A row if there are more than `depth` rows to walk."""
        return f"SELECT FROM ({self._next(depth + 1)}) AS {self.row} OFFSET {depth}"

    def look_up(self, limit: int) -> str:
        """Finds all matches, then sorts them."""
        conditions = [*self.bound, *(self._condition(name, lookup=True) for name in self.filters)]
        found = (
            f"SELECT {self.row}.id FROM {self.collection.table} AS {self.row}{_where(conditions)} "
            # The sum keeps the planner from walking the table in this order and hoping for an early match.
            f"{self._order(' + {0}')} LIMIT {limit}"
        )
        table = f"SELECT * FROM {self.collection.table} WHERE id = ANY (ARRAY({found}))"
        return f"{self._select(table)} {self._order()}"

    def _select(self, rows: str) -> str:
        key = ", ".join(f"{self.row}.{column}" for column in self.columns)
        return f"SELECT {key}, {self.collection.body} AS body FROM ({rows}) AS {self.row} {self.collection.join}"

    def _next(self, depth: int) -> str:
        conditions = [*self.bound, *(self._condition(name) for name in self.along)]
        table = f"SELECT * FROM {self.collection.table} AS {self.row}{_where(conditions)}"
        return f"{table} {self._order()} LIMIT {depth}"

    def _condition(self, name: str, lookup: bool = False) -> str:
        each = self.filters[name]
        condition = (lookup and each.lookup) or each.condition
        return "(" + condition.replace("%(value)s", f"%({name})s") + ")"

    def _bound(self, key: Key) -> list[str]:
        names = [f"key_{column}" for column in self.columns]
        self.values |= dict(zip(names, key, strict=True))
        columns = ", ".join(f"{self.row}.{column}" for column in self.columns)
        marks = ", ".join(f"%({name})s" for name in names)
        return [f"({columns}) {'<' if self.descending else '>'} ({marks})"]

    def _order(self, fence: str = "") -> str:
        zero = {"id": "0", "created_at": "interval '0'"}
        direction = " DESC" if self.descending else ""
        terms = [f"{self.row}.{column}{fence.format(zero[column])}{direction}" for column in self.columns]
        return "ORDER BY " + ", ".join(terms)


def _where(conditions: list[str]) -> str:
    return " WHERE " + " AND ".join(conditions) if conditions else ""


def _run(statement: str, values: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[Row] = cursor.fetchall()
        return rows
