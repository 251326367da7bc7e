"""Authorisation of API requests: keys by scope, staff by role, anonymous clients by the setting API_ACCESS.

Closed by default: an action without an entry in the viewset's `requirements` is refused for everybody.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from access.keys import Credential
from access.scopes import Scope
from access.throttling import throttle_unauthenticated
from core.requirement import Requirement

if TYPE_CHECKING:  # an import cycle: DRF's views load this module
    from rest_framework.views import APIView


class ApiAccess(BasePermission):
    """DRF permission for every API view.

    A request with a key has the key's scopes alone; staff have their role's permissions and those of anonymous clients.
    """

    message = "Only staff accounts may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        required = requirement(view)
        if required is None and not has_no_action(request, view):
            raise PermissionDenied("This action is closed: no scope or role grants it.")
        if isinstance(request.auth, Credential):
            return _key_allows(request.auth, required)
        if anonymous_is_allowed(required):
            return True
        if not request.user.is_authenticated:
            throttle_unauthenticated(request)
            return False
        if not _is_staff(request):
            return False
        return _role_allows(request, required)


def requirement(view: object) -> Requirement | None:
    """The requirement of the view's current action; None if the action has none."""
    requirements: dict[str, Requirement] = getattr(view, "requirements", {})
    return requirements.get(getattr(view, "action", None) or "")


def has_no_action(request: Request, view: object) -> bool:
    """Whether no action will run: for OPTIONS, and for a method that is answered 405."""
    action = getattr(view, "action", "")
    return action is None or (action == "metadata" and request.method == "OPTIONS")


def anonymous_is_allowed(required: Requirement | None) -> bool:
    """Whether API_ACCESS lets anonymous clients do this: `open` everything, `intake` only open a ticket."""
    if settings.API_ACCESS == "intake":
        return required is not None and required.scope == Scope.CREATE
    return settings.API_ACCESS == "open"


def allows(request: Request, required: Requirement) -> bool:
    """Whether the request's client may do this, too: something other than the current action."""
    if isinstance(request.auth, Credential):
        return required.scope in request.auth.scopes
    return anonymous_is_allowed(required) or (_is_staff(request) and request.user.has_perm(required.permission))


def _is_staff(request: Request) -> bool:
    return bool(request.user.is_active and request.user.is_staff)


def _key_allows(key: Credential, required: Requirement | None) -> bool:
    if required and required.scope not in key.scopes:
        raise PermissionDenied(f"This API key lacks the scope {required.scope}.")
    return True


def _role_allows(request: Request, required: Requirement | None) -> bool:
    if required and not request.user.has_perm(required.permission):
        raise PermissionDenied(f"Your role lacks the permission {required.permission}.")
    return True
