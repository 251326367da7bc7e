"""Whose request it is, as a word."""

from rest_framework.request import Request

from access.keys import Credential


def scope(request: Request) -> str:
    """The same for all requests of one API key or one member of staff; all anonymous clients are one."""
    if isinstance(request.auth, Credential):
        return f"key {request.auth.id}"
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return "anonymous"
