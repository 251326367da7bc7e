"""Actor of a change to a ticket, as its history shows it."""

from typing import NamedTuple

from django.http import HttpRequest
from rest_framework.request import Request

from access.keys import Credential


class Actor(NamedTuple):
    """A display name, and the id of the user where it is a member of staff. The default is an anonymous client."""

    name: str = ""
    user: int | None = None


ANONYMOUS = Actor()


def request_actor(request: HttpRequest | Request) -> Actor:
    """The actor of a request to the support desk or the API."""
    credential = getattr(request, "auth", None)
    if isinstance(credential, Credential):
        return Actor(f"API key tl_{credential.prefix}")
    user = request.user
    return Actor(user.get_username(), user.pk) if user.is_authenticated else ANONYMOUS
