"""The client of a request, as the owner of its Idempotency-Key."""

import hmac
from typing import NamedTuple

from django.conf import settings
from rest_framework.request import Request

from access.client_address import client_group
from access.keys import Credential

ANONYMOUS = "anonymous"


class KeyOwner(NamedTuple):
    """Namespace of an Idempotency-Key: one per API key or user; anonymous clients share one and differ in `client`."""

    namespace: str
    client: str = ""


def key_owner(request: Request) -> KeyOwner:
    """The owner of the request's Idempotency-Key."""
    if isinstance(request.auth, Credential):
        return KeyOwner(f"key {request.auth.id}")
    if request.user.is_authenticated:
        return KeyOwner(f"user {request.user.pk}")
    return KeyOwner(ANONYMOUS, _keyed_hash(client_group(request)))


def _keyed_hash(address: str) -> str:
    """A hash that does not tell the address: it is stored with the key, and addresses are personal data."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"Idempotency-Key {address}".encode(), "sha256").hex()
