"""Authentication of API requests: by API key, or by the admin's session."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from access import keys
from access.permissions import anonymous_is_allowed, requirement
from access.throttling import throttle_unauthenticated

SCHEME = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key …`. An invalid key is 401, even where no key is needed."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, keys.Credential] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, text = header.partition(" ")
        # Basic is for a proxy in front of the service: the browser sends it along with every request.
        if not header or scheme.lower() == "basic":
            return None
        try:
            if scheme.lower() != SCHEME.lower():
                raise keys.InvalidKeyError(f"Send the key as `Authorization: {SCHEME} tl_…`.")
            return AnonymousUser(), keys.find(text.strip())
        except keys.InvalidKeyError as error:
            throttle_unauthenticated(request)
            raise AuthenticationFailed(str(error)) from None

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="Ticket Loop"'


class StaffSessionAuthentication(SessionAuthentication):
    """The admin's session, with CSRF protection.

    Where anonymous clients are allowed, a missing CSRF token means anonymous, not 403: a front end on another port of
    the same host sends the admin's cookie along unknowingly.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, None] | None:
        try:
            return super().authenticate(request)
        except PermissionDenied:
            if anonymous_is_allowed(requirement(request.parser_context["view"])):
                return None
            raise
