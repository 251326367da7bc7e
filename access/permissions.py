"""What a key may do, by its scopes; an anonymous client, by the setting API_ACCESS; signed-in staff, everything."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access.keys import Credential
from access.scopes import REQUIRED

if TYPE_CHECKING:  # DRF imports this module while its views are being loaded
    from rest_framework.views import APIView


class ApiAccess(BasePermission):
    """`open`: everything; `intake`: only POST a ticket; `key`: nothing. A key that came decides alone."""

    message = "Your account is not a staff account: only staff may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        action = getattr(view, "action", None)
        if isinstance(request.auth, Credential):
            return _reaches(request.auth, action)
        if anonymous_may(action):
            return True
        return bool(request.user and request.user.is_active and request.user.is_staff)


def anonymous_may(action: str | None) -> bool:
    """Whether a client without credentials may do this, by the setting API_ACCESS."""
    return settings.API_ACCESS == "open" or (settings.API_ACCESS == "intake" and action == "create")


def _reaches(key: Credential, action: str | None) -> bool:
    scope = REQUIRED.get(action or "")
    if scope is not None and scope not in key.scopes:
        raise PermissionDenied(f"This API key lacks the scope {scope.value}.")
    return True
