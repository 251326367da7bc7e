"""Sign-in form of the desk: of one name at one address, one attempt is made at a time.

A wrong password is counted once its hash is computed. Parallel attempts would all look at the count before the first of
them is in it, and so try more passwords than the lockout allows.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest
from psycopg.errors import DeadlockDetected, LockNotAvailable
from unfold.forms import AuthenticationForm

from access import lockout

LOCK_TIMEOUT = "3s"
BUSY = "Another attempt to sign in with this name is still running. Please try again."


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """django-unfold's form, whose attempts wait for each other: no longer than LOCK_TIMEOUT, then they are refused."""

    def clean(self) -> dict[str, Any]:
        try:
            with transaction.atomic():
                _wait_for_others(self.request, self.cleaned_data)
                refusal = self._attempt()
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            raise ValidationError(BUSY, code="busy") from error
        if refusal:
            raise refusal
        cleaned: dict[str, Any] = self.cleaned_data
        return cleaned

    def _attempt(self) -> ValidationError | None:
        """Tries the password. The refusal is returned: raised, it would roll back the count of wrong passwords."""
        try:
            super().clean()
        except ValidationError as refusal:
            return refusal
        return None


def _wait_for_others(request: HttpRequest, credentials: dict[str, Any]) -> None:
    """Takes an advisory lock until the transaction ends, for what the lockout counts: a name at an address."""
    counted = f"sign-in {lockout.address(request)} {lockout.username(request, credentials)}"
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))", [counted])
