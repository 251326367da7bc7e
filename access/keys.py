"""Makes keys, and finds the one that a request brings.

A key is `tl_`, a public prefix, `_`, a secret. The secret has more than 200 random bits, so one round of SHA-256
keeps it as safe as a slow password hash would, at a thousandth of the time.
"""

import re
import secrets
import string
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple

from access.models import ApiKey
from core.raw_sql import execute, fetch_one

ALPHABET = string.ascii_letters + string.digits
PREFIX_LENGTH, SECRET_LENGTH = 8, 40
KEY = re.compile(rf"tl_([0-9A-Za-z]{{{PREFIX_LENGTH}}})_[0-9A-Za-z]{{{SECRET_LENGTH}}}")
LAST_USED_EVERY = 5  # minutes; the time of the last use is that coarse

STALE = f"coalesce(last_used_at < now() - interval '{LAST_USED_EVERY} minutes', true)"

FIND = f"""
SELECT id, digest, scopes, revoked_at IS NOT NULL, coalesce(expires_at <= now(), false), {STALE}
FROM api_keys WHERE prefix = %(prefix)s::text
"""

# Of many requests at once one writes; the others do not wait for it.
NOTE_USE = f"""
UPDATE api_keys SET last_used_at = now()
WHERE id = (SELECT id FROM api_keys WHERE id = %(id)s::bigint AND {STALE} FOR NO KEY UPDATE SKIP LOCKED)
"""


class RefusedKeyError(Exception):
    """Why a key is not accepted, in a sentence for its holder."""


class Credential(NamedTuple):
    """The key that a request was made with."""

    id: int
    prefix: str
    scopes: frozenset[str]


def create(name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Stores a new key; returns its row and its text, which nobody can tell again."""
    key, text = make(ApiKey(name=name, scopes=list(scopes), expires_at=expires_at))
    key.save()
    return key, text


def make(key: ApiKey) -> tuple[ApiKey, str]:
    """Gives an unsaved row its prefix and digest; returns it with the key's text."""
    key.prefix = _random(PREFIX_LENGTH)
    text = f"tl_{key.prefix}_{_random(SECRET_LENGTH)}"
    key.digest = _digest(text)
    return key, text


def find(text: str) -> Credential:
    """What this key stands for, read anew for each request: a revoked key stops at once. Raises RefusedKeyError."""
    match = KEY.fullmatch(text)
    if match is None:
        raise RefusedKeyError("This is no API key: one begins with `tl_`, and nothing follows it.")
    prefix = match[1]
    row = fetch_one(FIND, {"prefix": prefix})
    if row is None or not compare_digest(row[1], _digest(text)):
        raise RefusedKeyError("There is no such API key.")
    key_id, _, scopes, revoked, expired, note_use = row
    if revoked:
        raise RefusedKeyError("This API key has been revoked.")
    if expired:
        raise RefusedKeyError("This API key has expired.")
    if note_use:
        execute(NOTE_USE, {"id": key_id})
    return Credential(key_id, prefix, frozenset(scopes))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
