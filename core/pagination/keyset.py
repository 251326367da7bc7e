"""The SQL of a list. Every row is found by an index and a key, never by an offset.

A page is looked for in two ways, as PostgreSQL cannot know beforehand which is quick. First the list is walked in its
order along an index for at most `WALK` rows, which fills a page at once where matches are frequent. Where they turn
out to be rare, all of them are looked up by the filters' own indexes and sorted.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection, transaction

from core.pagination.collection import ORDERINGS, Collection, Key, Position, Query
from core.raw_sql import Row, fetch_all, fetch_all_planned_for

WALK = 5000  # rows; a walk takes some tens of milliseconds when each is searched for a text
MOST_TEXTS = 100  # kept, of each kind


class Chunk(NamedTuple):
    """Rows in a piece: how many, the last one's key (None where there is none), the JSON texts joined by commas."""

    rows: int
    last: Key | None
    body: str


class Page(NamedTuple):
    """Rows in a piece, in the list's order: the first's and the last's key (None where there is none), the JSON texts
    joined by commas; and whether there are more behind it, as seen from where it was looked for."""

    first: Key | None
    last: Key | None
    body: str
    more: bool


def fetch_page(collection: Collection, query: Query, limit: int) -> Page:
    """At most `limit` rows from the query's position on."""
    statement = Statement(collection, query, query.position)
    if not (statement.texts.has_rest or statement.backward):
        ((more, *keys, body),) = _run(statement, statement.texts.page(limit))
        if not body:
            return Page(None, None, "", more=False)
        half = len(keys) // 2
        return Page(tuple(keys[:half]), tuple(keys[half:]), body, more)
    found = _find(statement, limit + 1)  # one more tells whether there are more
    rows = found[:limit]
    if statement.backward:
        rows.reverse()
    first, last = (rows[0][:-1], rows[-1][:-1]) if rows else (None, None)
    return Page(first, last, ",".join([row[-1] for row in rows]), len(found) > limit)


def fetch_chunk(collection: Collection, query: Query, position: Position | None, limit: int) -> Chunk:
    """At most `limit` rows from the position on, to be followed by more."""
    statement = Statement(collection, query, position)
    if statement.texts.has_rest:
        rows = _find(statement, limit)
        return Chunk(len(rows), rows[-1][:-1] if rows else None, ",".join([row[-1] for row in rows]))
    ((count, *last, body),) = _run(statement, statement.texts.in_a_piece(limit))
    return Chunk(count, tuple(last) if body else None, body or "")


def _find(statement: "Statement", limit: int) -> list[Row]:
    texts = statement.texts
    if not texts.has_rest:
        return _run(statement, texts.walk(limit, limit))
    rows = _run(statement, texts.walk(WALK, limit))
    if len(rows) == limit or not _run(statement, texts.walk_further(WALK)):
        return rows
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        return _run(statement, texts.look_up(limit))


def _run(statement: "Statement", sql: str) -> list[Row]:
    fetch = fetch_all_planned_for if statement.texts.filters else fetch_all
    return fetch(sql, statement.values)


class Statement:
    """The SELECTs for one query at one position, and their values."""

    def __init__(self, collection: Collection, query: Query, position: Position | None) -> None:
        self.backward = position is not None and position.backward
        self.values: dict[str, Any] = dict(query.filters)
        if position:
            self.values |= {
                f"key_{name}": value for name, value in zip(ORDERINGS[query.column], position.key, strict=True)
            }
        descending = query.descending != self.backward
        self.texts = _texts(collection, query.column, descending, tuple(query.filters), position is not None)


class Texts:
    """The SELECTs for all queries and positions that differ in values only. To put them together takes a while."""

    def __init__(
        self, collection: Collection, column: str, descending: bool, filters: Sequence[str], bounded: bool
    ) -> None:
        self.collection, self.row = collection, collection.row
        self.columns = ORDERINGS[column]
        self.descending = descending
        self.filters = {name: collection.filters[name] for name in filters}
        self.along = [name for name, each in self.filters.items() if column in each.indexed]
        self.has_rest = len(self.along) < len(self.filters)
        self.bound = self._bound() if bounded else []
        self.page, self.in_a_piece = lru_cache(MOST_TEXTS)(self._page), lru_cache(MOST_TEXTS)(self._in_a_piece)

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

    def _in_a_piece(self, limit: int) -> str:
        """The next `limit` rows in one: their number, the last one's key, their JSON texts joined by commas."""
        last = ", ".join(f"(array_agg({column}))[count(*)]" for column in self.columns)
        return f"SELECT count(*), {last}, string_agg(body, ',') FROM ({self.walk(limit, limit)}) AS listed"

    def _page(self, limit: int) -> str:
        """Whether more than `limit` rows follow, the first's key and the last's of these, their JSON texts joined."""
        places = ("1", f"least(count(*), {limit})")
        keys = ", ".join(f"(array_agg({column}))[{place}]" for place in places for column in self.columns)
        body = f"array_to_string((array_agg(body))[:{limit}], ',')"
        return f"SELECT count(*) > {limit}, {keys}, {body} FROM ({self.walk(limit + 1, limit + 1)}) AS listed"

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

    def _bound(self) -> list[str]:
        columns = ", ".join(f"{self.row}.{column}" for column in self.columns)
        marks = ", ".join(f"%(key_{column})s" for column in self.columns)
        return [f"({columns}) {'<' if self.descending else '>'} ({marks})"]

    def _order(self, fence: str = "") -> str:
        zero = {"id": "0", "created_at": "interval '0'"}
        direction = " DESC" if self.descending else ""
        terms = [f"{self.row}.{column}{fence.format(zero[column])}{direction}" for column in self.columns]
        return "ORDER BY " + ", ".join(terms)


_texts = lru_cache(maxsize=MOST_TEXTS)(Texts)


def _where(conditions: list[str]) -> str:
    return " WHERE " + " AND ".join(conditions) if conditions else ""
