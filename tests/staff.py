"""Signed-in members of staff, for tests that are not about signing in."""

from importlib import import_module
from typing import Any

import requests
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import Group

from tests.service import Service

CSRF_TOKEN = "a" * 32


def session_key(username: str, role: str | None = None, **values: Any) -> str:
    """The session key of a new, signed-in member of staff, with the role of that name if any."""
    user = get_user_model().objects.create_user(username, **{"is_staff": True, **values})
    if role:
        user.groups.add(Group.objects.get(name=role))
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    key: str = session.session_key
    return key


class Staff:
    """A member of staff with an HTTP session; follows no redirects."""

    def __init__(self, service: Service, username: str, role: str | None = None, **values: Any) -> None:
        self.service = service
        self.session = service.session()
        self.session.cookies.update(
            {settings.SESSION_COOKIE_NAME: session_key(username, role, **values), settings.CSRF_COOKIE_NAME: CSRF_TOKEN}
        )

    def get(self, path: str) -> requests.Response:
        return self.request("GET", path)

    def post(self, path: str, **fields: Any) -> requests.Response:
        """Posts a form."""
        return self.request("POST", path, data={"csrfmiddlewaretoken": CSRF_TOKEN, **fields})

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"X-CSRFToken": CSRF_TOKEN, "Referer": self.service.url}
        return self.session.request(
            method, self.service.url + path, headers=headers, timeout=30, allow_redirects=False, **options
        )
