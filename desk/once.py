"""One press, one change: a form that adds or changes something is taken once, however often it is sent.

A double click, a reload and the browser's Back send it again. Each form has a token; the session knows what it added.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.contrib.sessions.backends.base import UpdateError
from django.db import Error, transaction
from django.http import HttpRequest

from core.advisory_lock import lock_until_commit

FIELD = "form_token"
SENT = "sent_forms"  # key in the session: what was added, by token
MAX_KEPT = 50
PRESSED_TWICE = "“{}” was pressed twice; it was done once."
TOKEN = re.compile("[0-9a-f]{32}")


def new_token() -> str:
    """A token for a form that is being shown."""
    return secrets.token_hex(16)


def added_before(request: HttpRequest) -> str | None:
    """The key of what this form has added already. Within a transaction: waits for an earlier request with it."""
    token = _token(request)
    if not token:
        return None
    lock_until_commit(f"form {request.session.session_key} {token}")
    return _sent(request).get(token)


def remember(request: HttpRequest, key: object) -> None:
    """Saves what the form has added, in the transaction that adds it."""
    if token := _token(request):
        sent = {**_sent(request), token: str(key)}
        _save(request, dict(list(sent.items())[-MAX_KEPT:]))


def sent_before(request: HttpRequest) -> bool:
    """Whether this form was sent before; from now on it was."""
    with transaction.atomic():
        if added_before(request) is not None:
            return True
        remember(request, "")
    return False


@contextmanager
def unless_it_fails(request: HttpRequest) -> Iterator[None]:
    """Runs a block that does what a form asks for; if it raises, the form may be sent again."""
    try:
        yield
    except Exception:
        with suppress(Error):  # the error to report is the first
            forget(request)
        raise


def forget(request: HttpRequest) -> None:
    """Lets a form be sent again, as nothing was done."""
    with transaction.atomic():
        if added_before(request) is not None:
            token = _token(request)
            _save(request, {name: key for name, key in _sent(request).items() if name != token})


def _sent(request: HttpRequest) -> dict[str, str]:
    """Read anew: an earlier request may have ended since this one began."""
    sent: dict[str, str] = type(request.session)(request.session.session_key).get(SENT, {})
    return sent


def _save(request: HttpRequest, sent: dict[str, str]) -> None:
    modified = request.session.modified
    request.session[SENT] = sent
    with suppress(UpdateError):  # the session has ended meanwhile, and nothing can be sent with it again
        request.session.save()
    # For this alone it is not saved again with the response, over what other requests have saved by then.
    request.session.modified = modified


def _token(request: HttpRequest) -> str:
    token = request.POST.get(FIELD, "")
    return token if TOKEN.fullmatch(token) else ""
