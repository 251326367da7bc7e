"""Keyset pagination: the SQL of a list, which finds every row by an index and a key, never by an offset.

A page whose filters no index of its ordering serves is searched in two ways, as PostgreSQL's planner cannot estimate
which is faster. First at most `SCAN_LIMIT` rows are scanned in the list's order, which fills a page at once where
matches are frequent. Where they are rare, all of them are found by the filters' own indexes and sorted.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, transaction

from core.pagination.collection import ORDERINGS, Collection, Key, Position, Query
from core.raw_sql import Row, fetch_all, fetch_all_planned_for

SCAN_LIMIT = 5000  # rows; a text search in so many takes tens of milliseconds


class Chunk(NamedTuple):
    """Part of a streamed list: the number of rows, the last key (None without rows) and their JSON joined by commas."""

    rows: int
    last: Key | None
    body: str


class Page(NamedTuple):
    """Rows in the list's order: the first and last key (None without rows), their JSON joined by commas, and whether
    more follow in the direction of the query."""

    first: Key | None
    last: Key | None
    body: str
    more: bool


def fetch_page(collection: Collection, query: Query, limit: int) -> Page:
    """The page of at most `limit` rows at the query's position."""
    select = Select(collection, query, query.position)
    if not (select.sql.has_unindexed_filters or select.backward):
        ((more, *keys, body),) = select.run(select.sql.page(limit))
        if not body:
            return Page(None, None, "", more=False)
        half = len(keys) // 2
        return Page(tuple(keys[:half]), tuple(keys[half:]), body, more)
    found = _find(select, limit + 1)  # one more, to know whether there is a next page
    rows = found[:limit]
    if select.backward:
        rows.reverse()
    first, last = (rows[0][:-1], rows[-1][:-1]) if rows else (None, None)
    return Page(first, last, _bodies(rows), len(found) > limit)


def fetch_chunk(collection: Collection, query: Query, position: Position | None, limit: int) -> Chunk:
    """The next at most `limit` rows of a streamed list after `position`."""
    select = Select(collection, query, position)
    if select.sql.has_unindexed_filters:
        rows = _find(select, limit)
        return Chunk(len(rows), rows[-1][:-1] if rows else None, _bodies(rows))
    ((count, *last, body),) = select.run(select.sql.chunk(limit))
    return Chunk(count, tuple(last) if body else None, body or "")


def _find(select: "Select", limit: int) -> list[Row]:
    sql = select.sql
    if not sql.has_unindexed_filters:
        return select.run(sql.scan(limit, limit))
    rows = select.run(sql.scan(SCAN_LIMIT, limit))
    if len(rows) == limit or not select.run(sql.beyond_scan(SCAN_LIMIT)):
        return rows
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        return select.run(sql.look_up(limit))


def _bodies(rows: list[Row]) -> str:
    return ",".join([row[-1] for row in rows])


class Select:
    """The statements of one query at one position, with their values."""

    def __init__(self, collection: Collection, query: Query, position: Position | None) -> None:
        self.backward = position is not None and position.backward
        self.values: dict[str, Any] = dict(query.filters)
        if position:
            self.values |= {
                f"key_{name}": value for name, value in zip(ORDERINGS[query.column], position.key, strict=True)
            }
        descending = query.descending != self.backward
        self.sql = list_sql(collection, query.column, descending, tuple(query.filters), position is not None)

    def run(self, statement: str) -> list[Row]:
        """Executes one of the statements of `sql`; returns its rows."""
        fetch = fetch_all_planned_for if self.sql.filters else fetch_all
        return fetch(statement, self.values)


class ListSQL:
    """The statements of all queries and positions that differ in values only."""

    def __init__(
        self, collection: Collection, column: str, descending: bool, filters: Sequence[str], bounded: bool
    ) -> None:
        self.collection, self.row = collection, collection.row
        self.columns = ORDERINGS[column]
        self.descending = descending
        self.filters = {name: collection.filters[name] for name in filters}
        self.indexed = [name for name, each in self.filters.items() if column in each.indexed]
        self.has_unindexed_filters = len(self.indexed) < len(self.filters)
        self.bound = self._bound() if bounded else []

    def page(self, limit: int) -> str:
        """Selects whether there are more than `limit` rows, the first and last key within `limit`, the JSON joined."""
        places = ("1", f"least(count(*), {limit})")
        keys = ", ".join(f"(array_agg({column}))[{place}]" for place in places for column in self.columns)
        body = f"array_to_string((array_agg(body))[:{limit}], ',')"
        return f"SELECT count(*) > {limit}, {keys}, {body} FROM ({self.scan(limit + 1, limit + 1)}) AS listed"

    def chunk(self, limit: int) -> str:
        """Selects the number of the next `limit` rows, the last key, the JSON joined."""
        last = ", ".join(f"(array_agg({column}))[count(*)]" for column in self.columns)
        return f"SELECT count(*), {last}, string_agg(body, ',') FROM ({self.scan(limit, limit)}) AS listed"

    def scan(self, depth: int, limit: int) -> str:
        """Selects key and JSON of the matches among the next `depth` rows in the list's order."""
        conditions = [self._condition(name) for name in self.filters if name not in self.indexed]
        return f"{self._select(self._next(depth))}{_where(conditions)} {self._order()} LIMIT {limit}"

    def beyond_scan(self, depth: int) -> str:
        """Selects a row if there are more than `depth` rows to scan."""
        return f"SELECT FROM ({self._next(depth + 1)}) AS {self.row} OFFSET {depth}"

    def look_up(self, limit: int) -> str:
        """Selects key and JSON of the matches, found by the filters' indexes and then sorted."""
        conditions = [*self.bound, *(self._condition(name, lookup=True) for name in self.filters)]
        found = (
            f"SELECT {self.row}.id FROM {self.collection.table} AS {self.row}{_where(conditions)} "
            # `id + 0` cannot use the index: avoids the ORDER BY … LIMIT trap.
            f"{self._order(' + {0}')} LIMIT {limit}"
        )
        table = f"SELECT * FROM {self.collection.table} WHERE id = ANY (ARRAY({found}))"
        return f"{self._select(table)} {self._order()}"

    def _select(self, rows: str) -> str:
        key = ", ".join(f"{self.row}.{column}" for column in self.columns)
        return f"SELECT {key}, {self.collection.body} AS body FROM ({rows}) AS {self.row} {self.collection.join}"

    def _next(self, depth: int) -> str:
        conditions = [*self.bound, *(self._condition(name) for name in self.indexed)]
        table = f"SELECT * FROM {self.collection.table} AS {self.row}{_where(conditions)}"
        return f"{table} {self._order()} LIMIT {depth}"

    def _condition(self, name: str, lookup: bool = False) -> str:
        each = self.filters[name]
        condition = (lookup and each.lookup) or each.condition
        return "(" + condition.replace("%(value)s", f"%({name})s") + ")"

    def _bound(self) -> list[str]:
        columns = ", ".join(f"{self.row}.{column}" for column in self.columns)
        marks = ", ".join(f"%(key_{column})s" for column in self.columns)
        return [f"({columns}) {'<' if self.descending else '>'} ({marks})"]

    def _order(self, fence: str = "") -> str:
        zero = {"id": "0", "created_at": "interval '0'"}
        direction = " DESC" if self.descending else ""
        terms = [f"{self.row}.{column}{fence.format(zero[column])}{direction}" for column in self.columns]
        return "ORDER BY " + ", ".join(terms)


list_sql = lru_cache(maxsize=100)(ListSQL)  # composing the statements takes as long as fetching a row


def _where(conditions: list[str]) -> str:
    return " WHERE " + " AND ".join(conditions) if conditions else ""
