"""What a key may do, by its scopes; signed-in staff, by their role; an anonymous client, by the setting API_ACCESS.

An action that the viewset's `requirements` do not name is refused to everybody.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access.keys import Credential
from access.scopes import Scope
from access.throttling import limit_stranger
from core.requirement import Requirement

if TYPE_CHECKING:  # DRF imports this module while its views are being loaded
    from rest_framework.views import APIView


class ApiAccess(BasePermission):
    """Whether this client may do this.

    A key that came decides alone; staff may do what their role may, besides what anybody may.
    """

    message = "Your account is not a staff account: only staff may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        required = requirement(view)
        if required is None and not has_no_action(request, view):
            raise PermissionDenied("Nobody may do this: no scope and no role names it.")
        if isinstance(request.auth, Credential):
            return _key_reaches(request.auth, required)
        if anonymous_may(required):
            return True
        if not request.user.is_authenticated:
            limit_stranger(request)
            return False
        if not (request.user.is_active and request.user.is_staff):
            return False
        return _role_reaches(request, required)


def requirement(view: object) -> Requirement | None:
    """What the action that the view was called for asks for; None where it is not named."""
    named: dict[str, Requirement] = getattr(view, "requirements", {})
    return named.get(getattr(view, "action", None) or "")


def has_no_action(request: Request, view: object) -> bool:
    """Whether the viewset only says what it offers: to OPTIONS, or by 405 to a method that it has not."""
    action = getattr(view, "action", "")
    return action is None or (action == "metadata" and request.method == "OPTIONS")


def anonymous_may(required: Requirement | None) -> bool:
    """Whether a client without credentials may do this: with `open` everything, with `intake` open a ticket."""
    if settings.API_ACCESS == "intake":
        return required is not None and required.scope == Scope.CREATE
    return settings.API_ACCESS == "open"


def _key_reaches(key: Credential, required: Requirement | None) -> bool:
    if required and required.scope not in key.scopes:
        raise PermissionDenied(f"This API key lacks the scope {required.scope}.")
    return True


def _role_reaches(request: Request, required: Requirement | None) -> bool:
    if required and not request.user.has_perm(required.permission):
        raise PermissionDenied(f"Your role lacks the permission {required.permission}.")
    return True
