"""Cursors: positions in a list as text that clients pass back, signed and bound to the list's filters and ordering."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import datetime
from functools import cache
from hashlib import blake2b, sha256
from hmac import compare_digest

import orjson
from django.conf import settings

from core.pagination.collection import ORDERINGS, Collection, Key, Position, Query

SIGNATURE = 16  # bytes of a keyed BLAKE2b (RFC 7693)
FOREIGN = "Not a cursor of this list. Take one from a Link header, and keep filters and ordering with it."


def write(collection: Collection, query: Query, position: Position) -> str:
    """The cursor of a position in this list."""
    content = orjson.dumps([position.backward, *position.key])
    return _encode(_sign(collection, query, content) + content)


def resume(collection: Collection, query: Query, cursor: str) -> Query:
    """The query from the position that the cursor says; ValueError when it belongs to another list or was altered."""
    if query.limit is None:
        raise ValueError("Goes with a `limit`.")
    try:
        decoded = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise ValueError(FOREIGN) from None
    signature, content = decoded[:SIGNATURE], decoded[SIGNATURE:]
    if _encode(decoded) != cursor or not compare_digest(signature, _sign(collection, query, content)):
        raise ValueError(FOREIGN)
    backward, *key = orjson.loads(content)
    return replace(query, position=Position(_read_key(query, key), backward))


def _read_key(query: Query, key: list[object]) -> Key:
    columns = ORDERINGS[query.column]
    return tuple(
        datetime.fromisoformat(str(value)) if column == "created_at" else value
        for column, value in zip(columns, key, strict=True)
    )


def _sign(collection: Collection, query: Query, content: bytes) -> bytes:
    """Signs for this list only: its name, ordering and filters are part of what is signed."""
    listed = repr((collection.table, query.ordering, sorted(query.filters.items())))
    signature = _signer().copy()
    signature.update(listed.encode() + b"\0" + content)
    return signature.digest()


@cache
def _signer() -> blake2b:
    key = sha256(settings.SECRET_KEY.encode()).digest()
    return blake2b(key=key, person=b"cursor", digest_size=SIGNATURE)


def _encode(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()
