"""What an anonymous client may do, by the setting API_ACCESS; signed-in staff may do everything."""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # DRF imports this module while its views are being loaded
    from rest_framework.views import APIView


class ApiAccess(BasePermission):
    """`open`: everything; `intake`: only POST a ticket; `key`: nothing."""

    message = "Your account is not a staff account: only staff may do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if settings.API_ACCESS == "open":
            return True
        if settings.API_ACCESS == "intake" and getattr(view, "action", None) == "create":
            return True
        return bool(request.user and request.user.is_active and request.user.is_staff)
