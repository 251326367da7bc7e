"""Who is calling: a program with a key, or staff signed in to the admin."""

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from access import keys
from access.permissions import anonymous_may, requirement
from access.throttling import limit_stranger

SCHEME = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key …`. Credentials that are none are 401, even where an anonymous client may do the same."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, keys.Credential] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, text = header.partition(" ")
        # A browser sends Basic along once a proxy in front of us has asked for it: not meant for us.
        if not header or scheme.lower() == "basic":
            return None
        try:
            if scheme.lower() != SCHEME.lower():
                raise keys.RefusedKeyError(f"Send the key as `Authorization: {SCHEME} tl_…`.")
            return AnonymousUser(), keys.find(text.strip())
        except keys.RefusedKeyError as error:
            limit_stranger(request)
            raise AuthenticationFailed(str(error)) from None

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="Ticket Loop"'


class StaffSessionAuthentication(SessionAuthentication):
    """The admin's session, with CSRF protection.

    What an anonymous client may do needs no session, so a missing CSRF token refuses nothing there: a front end on
    another port of the same host sends the admin's cookie along without knowing of it.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, None] | None:
        try:
            return super().authenticate(request)
        except PermissionDenied:
            if anonymous_may(requirement(request.parser_context["view"])):
                return None
            raise
