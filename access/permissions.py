"""What a key may do, by its scopes; signed-in staff, by their role; an anonymous client, by the setting API_ACCESS."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access import roles, scopes
from access.keys import Credential
from access.throttling import limit_stranger

if TYPE_CHECKING:  # DRF imports this module while its views are being loaded
    from rest_framework.views import APIView


class ApiAccess(BasePermission):
    """`open`: everything; `intake`: only POST a ticket; `key`: nothing. A key that came decides alone; staff may do
    what their role may besides."""

    message = "Your account is not a staff account: only staff may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        action = getattr(view, "action", None)
        if isinstance(request.auth, Credential):
            return _key_reaches(request.auth, action)
        if anonymous_may(action):
            return True
        if not request.user.is_authenticated:
            limit_stranger(request)
            return False
        if not (request.user.is_active and request.user.is_staff):
            return False
        return _role_reaches(request, view, action)


def anonymous_may(action: str | None) -> bool:
    """Whether a client without credentials may do this, by the setting API_ACCESS."""
    return settings.API_ACCESS == "open" or (settings.API_ACCESS == "intake" and action == "create")


def _key_reaches(key: Credential, action: str | None) -> bool:
    scope = scopes.REQUIRED.get(action or "")
    if scope is not None and scope not in key.scopes:
        raise PermissionDenied(f"This API key lacks the scope {scope.value}.")
    return True


def _role_reaches(request: Request, view: "APIView", action: str | None) -> bool:
    required = roles.REQUIRED.get((getattr(view, "basename", ""), action or ""))
    if required is not None and not request.user.has_perm(required):
        raise PermissionDenied(f"Your role lacks the permission {required}.")
    return True
