"""Creates API keys and authenticates them.

A key is `tl_`, a public prefix, `_` and a secret. The secret has more than 200 random bits, so one round of SHA-256
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
LAST_USED_PRECISION = 5  # minutes, so that most requests write nothing

STALE = f"coalesce(last_used_at < now() - interval '{LAST_USED_PRECISION} minutes', true)"

FIND = f"""
SELECT id, digest, scopes, revoked_at IS NOT NULL, coalesce(expires_at <= now(), false), {STALE}
FROM api_keys WHERE prefix = %(prefix)s::text
"""

# SKIP LOCKED, so that concurrent requests with one key do not queue for last_used_at.
TOUCH_LAST_USED = f"""
UPDATE api_keys SET last_used_at = now()
WHERE id = (SELECT id FROM api_keys WHERE id = %(id)s::bigint AND {STALE} FOR NO KEY UPDATE SKIP LOCKED)
"""


class InvalidKeyError(Exception):
    """The key is not valid; the message tells its holder why."""


class Credential(NamedTuple):
    """The API key of a request (`request.auth`)."""

    id: int
    prefix: str
    scopes: frozenset[str]


def create(name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """Stores a new key; returns the row and the key itself, which cannot be shown again."""
    key, text = generate(ApiKey(name=name, scopes=list(scopes), expires_at=expires_at))
    key.save()
    return key, text


def generate(key: ApiKey) -> tuple[ApiKey, str]:
    """Sets prefix and digest of an unsaved row; returns the row and the key itself."""
    key.prefix = _random(PREFIX_LENGTH)
    text = f"tl_{key.prefix}_{_random(SECRET_LENGTH)}"
    key.digest = _digest(text)
    return key, text


def find(text: str) -> Credential:
    """The credential of a key. Raises InvalidKeyError. Never cached: a revoked key stops at once."""
    match = KEY.fullmatch(text)
    if match is None:
        raise InvalidKeyError("Malformed API key. Keys begin with `tl_`; check for extra characters.")
    prefix = match[1]
    row = fetch_one(FIND, {"prefix": prefix})
    if row is None or not compare_digest(row[1].encode(), _digest(text).encode()):
        raise InvalidKeyError("There is no such API key.")
    key_id, _, scopes, revoked, expired, stale = row
    if revoked:
        raise InvalidKeyError("This API key has been revoked.")
    if expired:
        raise InvalidKeyError("This API key has expired.")
    if stale:
        execute(TOUCH_LAST_USED, {"id": key_id})
    return Credential(key_id, prefix, frozenset(scopes))


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
