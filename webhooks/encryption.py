"""Encryption at rest of receivers' secrets and headers (Fernet, from `cryptography`).

The first of `ENCRYPTION_KEYS` encrypts and all of them decrypt, so that keys can be rotated while the service runs
(`manage.py reencrypt`). Where it is unset, a key is derived from `SECRET_KEY`.
"""

import base64
from functools import cache, lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class DecryptionError(Exception):
    """None of ENCRYPTION_KEYS decrypts this token."""

    def __init__(self) -> None:
        super().__init__(
            "Its secret or headers cannot be decrypted. Put the key that encrypted them back into ENCRYPTION_KEYS "
            "(or SECRET_KEY if ENCRYPTION_KEYS is unset), or rotate the secret and enter the headers again."
        )


def encrypt(text: str) -> str:
    """The text encrypted with the first key; empty text stays empty."""
    return _keys().encrypt(text.encode()).decode() if text else ""


@lru_cache(maxsize=1024)
def decrypt(token: str) -> str:
    """The text that `encrypt` was given. Raises DecryptionError if no key fits."""
    try:
        return _keys().decrypt(token).decode() if token else ""
    except (InvalidToken, ValueError):  # ValueError: not in ASCII
        raise DecryptionError from None


def reencrypt(token: str) -> str:
    """The token encrypted again with the first key. Raises DecryptionError if no key fits."""
    return encrypt(decrypt(token))


@cache
def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS or [_derived_key()]])


def _derived_key() -> str:
    """A key derived from `SECRET_KEY` (HKDF, RFC 5869)."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ticketloop encrypted columns")
    return base64.urlsafe_b64encode(derivation.derive(settings.SECRET_KEY.encode())).decode()
