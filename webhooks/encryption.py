"""Encrypts what the database must not give away: receivers' secrets and headers (Fernet, from `cryptography`).

`ENCRYPTION_KEYS` holds the keys: the first encrypts, all of them decrypt, so that a key can be replaced while the
service runs (`manage.py reseal`). Unset, one key is derived from `SECRET_KEY`.
"""

import base64
from functools import cache, lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class UnsealError(Exception):
    """No key in ENCRYPTION_KEYS decrypts this text."""

    def __init__(self) -> None:
        super().__init__(
            "Its secret or its headers cannot be decrypted: put the key that encrypted them back into ENCRYPTION_KEYS "
            "(or SECRET_KEY, where ENCRYPTION_KEYS is unset), or give the receiver a new secret and its headers again."
        )


def seal(text: str) -> str:
    """The text, encrypted with the first key; empty text stays empty."""
    return _keys().encrypt(text.encode()).decode() if text else ""


@lru_cache(maxsize=1024)
def unseal(token: str) -> str:
    """The text that `seal` was given; raises UnsealError when no key fits."""
    try:
        return _keys().decrypt(token).decode() if token else ""
    except InvalidToken:
        raise UnsealError from None


def reseal(token: str) -> str:
    """The same text encrypted anew with the first key; raises UnsealError when no key fits."""
    return seal(unseal(token))


@cache
def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS or [_derived_key()]])


def _derived_key() -> str:
    """A key from `SECRET_KEY` (HKDF, RFC 5869), for those who set no other."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ticketloop sealed columns")
    return base64.urlsafe_b64encode(derivation.derive(settings.SECRET_KEY.encode())).decode()
