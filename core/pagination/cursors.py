"""Opaque cursors: positions in a list, signed together with the list's filters and ordering."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import datetime
from functools import cache
from hashlib import blake2b, sha256
from hmac import compare_digest

import orjson
from django.conf import settings

from core.pagination.collection import ORDERINGS, Collection, Key, Position, Query

SIGNATURE_BYTES = 16  # bytes of a keyed BLAKE2b (RFC 7693)
INVALID = "Not a cursor of this list. Use one from a Link header, with the same filters and ordering."


def encode(collection: Collection, query: Query, position: Position) -> str:
    """The cursor of a position in this list: URL-safe base64 of a signature and JSON."""
    content = orjson.dumps([position.backward, *position.key])
    return _encode(_sign(collection, query, content) + content)


def decode(collection: Collection, query: Query, cursor: str) -> Query:
    """The query from the cursor's position on. Raises ValueError for a cursor of another list or an altered one."""
    if query.limit is None:
        raise ValueError("Can only be used with `limit`.")
    try:
        decoded = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise ValueError(INVALID) from None
    signature, content = decoded[:SIGNATURE_BYTES], decoded[SIGNATURE_BYTES:]
    if _encode(decoded) != cursor or not compare_digest(signature, _sign(collection, query, content)):
        raise ValueError(INVALID)
    backward, *key = orjson.loads(content)
    return replace(query, position=Position(_read_key(query, key), backward))


def _read_key(query: Query, key: list[object]) -> Key:
    columns = ORDERINGS[query.column]
    return tuple(
        datetime.fromisoformat(str(value)) if column == "created_at" else value
        for column, value in zip(columns, key, strict=True)
    )


def _sign(collection: Collection, query: Query, content: bytes) -> bytes:
    """The signature over the content and the list's table, ordering and filters: valid for this list alone."""
    scope = repr((collection.table, query.ordering, sorted(query.filters.items())))
    signature = _signer().copy()
    signature.update(scope.encode() + b"\0" + content)
    return signature.digest()


@cache
def _signer() -> blake2b:
    key = sha256(settings.SECRET_KEY.encode()).digest()
    return blake2b(key=key, person=b"cursor", digest_size=SIGNATURE_BYTES)


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
