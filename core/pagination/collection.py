"""Declares a list (table, JSON of a row, filters, orderings) and holds a client's query on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# The columns of each ordering, which make it total. Each has an index, and another one behind each filter `indexed`
# along it.
ORDERINGS = {"id": ("id",), "created_at": ("created_at", "id")}

Key = tuple[object, ...]


@dataclass(frozen=True)
class ParameterType:
    """Type of a query parameter.

    `parse` turns text into a value, or raises ValueError with a message for the client; `schema` is its JSON Schema in
    the OpenAPI document.
    """

    parse: Callable[[str], Any]
    schema: Mapping[str, object]


@dataclass(frozen=True)
class Filter:
    """A query parameter that narrows a list.

    `condition` is SQL on the collection's row and the joined rows, with the value as `%(value)s`. `indexed` names the
    orderings in which an index serves the filter, so that few rows are read and discarded. `lookup` is a condition on
    the row alone that finds all matches by the filter's own index; it defaults to `condition`.
    """

    type: ParameterType
    description: str
    condition: str
    indexed: tuple[str, ...] = ()
    lookup: str = ""


@dataclass(frozen=True, eq=False)
class Collection:
    """A table as a list: `row` is the alias of its rows, `body` the SQL of a row's JSON, `join` what `body` needs."""

    table: str
    row: str
    body: str
    filters: Mapping[str, Filter]
    join: str = ""


class Position(NamedTuple):
    """A position between two rows: after the row with this key in the list's order, or, if `backward`, before it."""

    key: Key
    backward: bool = False


@dataclass(frozen=True)
class Query:
    """A client's query. Without `limit` the whole list is meant, without `position` its start."""

    filters: Mapping[str, object] = field(default_factory=dict)
    ordering: str = "id"
    limit: int | None = None
    position: Position | None = None

    @property
    def column(self) -> str:
        """The ordering without its direction."""
        return self.ordering.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.ordering.startswith("-")
