"""Who opens, resolves or reopens a ticket, as its history tells it."""

from typing import NamedTuple

from django.http import HttpRequest
from rest_framework.request import Request

from access.keys import Credential


class Actor(NamedTuple):
    """A name for people, and the id of the member of staff if it is one; nobody by default: a client without a key."""

    name: str = ""
    user: int | None = None


NOBODY = Actor()


def actor(request: HttpRequest | Request) -> Actor:
    """Who makes this request, at the support desk or through the API."""
    credential = getattr(request, "auth", None)
    if isinstance(credential, Credential):
        return Actor(f"API key tl_{credential.prefix}")
    user = request.user
    return Actor(user.get_username(), user.pk) if user.is_authenticated else NOBODY
