"""The client of a request, as a namespace."""

from rest_framework.request import Request

from access.keys import Credential


def idempotency_namespace(request: Request) -> str:
    """Namespace of an Idempotency-Key: one per API key or user; anonymous clients share one."""
    if isinstance(request.auth, Credential):
        return f"key {request.auth.id}"
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return "anonymous"
