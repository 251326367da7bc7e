"""Cursors: positions in a list as text that clients pass back, signed and bound to the list's filters and ordering."""

from dataclasses import replace
from datetime import datetime

from django.core.signing import BadSignature, Signer

from ticketloop.listing.collections import ORDERINGS, Collection, Key, Position, Query


def write(collection: Collection, query: Query, position: Position) -> str:
    """The cursor of a position in this list."""
    key = [each.isoformat() if isinstance(each, datetime) else each for each in position.key]
    return _signer(collection, query).sign_object([position.backward, *key])


def resume(collection: Collection, query: Query, cursor: str) -> Query:
    """The query from the position that the cursor says; ValueError when it belongs to another list or was altered."""
    if query.limit is None:
        raise ValueError("Goes with a `limit`.")
    try:
        backward, *key = _signer(collection, query).unsign_object(cursor)
    except BadSignature as error:
        message = "Not a cursor of this list. Take one from a Link header, and keep filters and ordering with it."
        raise ValueError(message) from error
    return replace(query, position=Position(_read_key(query, key), backward))


def _read_key(query: Query, key: list[object]) -> Key:
    columns = ORDERINGS[query.column]
    return tuple(
        datetime.fromisoformat(str(value)) if column == "created_at" else value
        for column, value in zip(columns, key, strict=True)
    )


def _signer(collection: Collection, query: Query) -> Signer:
    """Signs for this list only: its name, ordering and filters go into the key."""
    return Signer(salt=repr((collection.table, query.ordering, sorted(query.filters.items()))))
