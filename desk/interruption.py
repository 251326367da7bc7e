"""A POST that came too late: its session had ended, or another tab had signed in again. Nothing typed is lost.

Somebody who is signed out gets the sign-in page at once, with what they typed in it, signed: the service stores nothing
for strangers. After signing in they are back on the page with the button or the form, filled in as they left it.
"""

import re
from copy import copy
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import resolve, reverse
from django.utils.datastructures import MultiValueDict
from django.utils.deprecation import MiddlewareMixin

FIELD = SALT = "interrupted"
TYPED = "typed"  # key in the session
MAX_AGE = 24 * 60 * 60  # seconds from the sign-in page to signing in
# Fields that are never kept: passwords and receivers' headers, which are stored hashed and encrypted, and tokens.
SECRET = re.compile("password|header|csrf")
SIGNED_OUT = "You were signed out; nothing was changed."
OUT_OF_DATE = "This page was older than your sign-in; nothing was changed."
SAVE_AGAIN = "What you typed is below: check it and save again."


class SignedOutMiddleware(MiddlewareMixin):
    """Answers a POST to the desk without a session with the sign-in page, which knows where to go on."""

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        elsewhere = (reverse("admin:login"), reverse("admin:logout"))
        if request.method != "POST" or not _is_at_the_desk(request) or request.path in elsewhere:
            return None
        return None if request.user.is_authenticated else _sign_in_page(request)


def out_of_date(request: HttpRequest) -> HttpResponse | None:
    """The way back from a form whose CSRF token is of an earlier session; None if it is not the desk's own."""
    if not _is_at_the_desk(request) or not _is_from_here(request) or settings.CSRF_COOKIE_NAME not in request.COOKIES:
        return None
    if not request.user.is_authenticated and request.path != reverse("admin:login"):
        return _sign_in_page(request)
    _hand_back(request, OUT_OF_DATE, _typed(request))
    return HttpResponseRedirect(request.get_full_path())


def after_sign_in(request: HttpRequest, **kwargs: Any) -> None:
    """Receiver of `user_logged_in`: hands back what the sign-in page kept."""
    try:
        typed = signing.loads(request.POST.get(FIELD, ""), salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return
    _hand_back(request, SIGNED_OUT, typed)


def take_typed(request: HttpRequest) -> MultiValueDict[str, str] | None:
    """What was typed into the form of this page, once."""
    typed = request.session.get(TYPED)
    if not typed or typed["path"] != request.path:
        return None
    del request.session[TYPED]
    return MultiValueDict(typed["data"])


def _is_at_the_desk(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("admin:index"))


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a page of this service sent it, as browsers tell: another site may fill in no form."""
    try:
        sender = request.headers.get("Origin") or request.headers.get("Referer", "")
        return urlsplit(sender).netloc == request.get_host()
    except ValueError:
        return False


def _sign_in_page(request: HttpRequest) -> HttpResponse:
    messages.warning(request, SIGNED_OUT)
    to_show = copy(request)
    to_show.method = "GET"
    context = {
        "app_path": f"{reverse('admin:login')}?{urlencode({'next': request.get_full_path()})}",
        FIELD: signing.dumps(_typed(request), salt=SALT, compress=True),
    }
    response = admin.site.login(to_show, context)
    response.status_code = 403
    return response


def _typed(request: HttpRequest) -> dict[str, Any]:
    """The form's path and fields; no fields for anything else than the page of one object."""
    is_form = str(resolve(request.path_info).url_name).endswith(("_add", "_change"))
    names = [name for name in request.POST if is_form and not SECRET.search(name)]
    return {"path": request.path, "data": {name: request.POST.getlist(name) for name in names}}


def _hand_back(request: HttpRequest, reason: str, typed: dict[str, Any]) -> None:
    if typed["data"]:
        request.session[TYPED] = typed
    messages.warning(request, f"{reason} {SAVE_AGAIN}" if typed["data"] else reason)
