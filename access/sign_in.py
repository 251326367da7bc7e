"""Sign-in form of the desk: of one name at one address, one attempt is made at a time.

A wrong password is counted once its hash is computed. Parallel attempts would all look at the count before the first of
them is in it, and so try more passwords than the lockout allows.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from access import lockout
from core.advisory_lock import lock_until_commit
from core.database_errors import is_lock_conflict

LOCK_TIMEOUT = "3s"
WRONG = "Wrong username or password. Check upper and lower case."
BUSY = "Another attempt to sign in with this name is still running. Please try again."


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """django-unfold's form, whose attempts wait for each other: no longer than LOCK_TIMEOUT, then they are refused."""

    error_messages = {**AuthenticationForm.error_messages, "invalid_login": WRONG}

    def clean(self) -> dict[str, Any]:
        try:
            with transaction.atomic():
                _wait_for_others(self.request, self.cleaned_data)
                refusal = self._attempt()
        except OperationalError as error:
            if not is_lock_conflict(error):
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
    """Takes a lock until the transaction ends, for what the lockout counts: a name at an address."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    lock_until_commit(f"sign-in {lockout.address(request)} {lockout.username(request, credentials)}")
