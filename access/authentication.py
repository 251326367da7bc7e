"""Who is calling: staff signed in to the admin."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class StaffSessionAuthentication(SessionAuthentication):
    """The admin's session, with CSRF protection. Names a challenge, so that missing credentials are 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="Ticket Loop"'
