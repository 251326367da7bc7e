"""Describes a list: its table, the JSON of a row, its filters and orderings; and what a client asked of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# The columns that make each ordering total; each has an index, alone and behind whatever is `indexed` along it.
ORDERINGS = {"id": ("id",), "created_at": ("created_at", "id")}

Key = tuple[object, ...]


@dataclass(frozen=True)
class ParameterType:
    """The type of a query parameter: `parse` turns text into a value, or raises ValueError with a sentence for the
    client; `schema` is its JSON Schema in the OpenAPI document."""

    parse: Callable[[str], Any]
    schema: Mapping[str, object]


@dataclass(frozen=True)
class Filter:
    """A query parameter that narrows a list.

    `condition` is SQL on the collection's row and what is joined to it, with the value as `%(value)s`. `indexed` names
    the orderings along which an index serves the filter, so that few rows are read in vain. `lookup` is the condition
    on the row alone for finding all matches by an index of the filter's own; where not given it is `condition`.
    """

    type: ParameterType
    description: str
    condition: str
    indexed: tuple[str, ...] = ()
    lookup: str = ""


@dataclass(frozen=True, eq=False)
class Collection:
    """A table as a list: `row` is the alias of its rows, `body` the SQL of a row's JSON, `join` what that needs."""

    table: str
    row: str
    body: str
    filters: Mapping[str, Filter]
    join: str = ""


class Position(NamedTuple):
    """A place between two rows: just after the row with this key in the list's order, or just before it."""

    key: Key
    backward: bool = False


@dataclass(frozen=True)
class Query:
    """What a client asked for. `limit` None means everything; `position` None means from the start."""

    filters: Mapping[str, object] = field(default_factory=dict)
    ordering: str = "id"
    limit: int | None = None
    position: Position | None = None

    @property
    def column(self) -> str:
        """The name of the ordering without its direction."""
        return self.ordering.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.ordering.startswith("-")
