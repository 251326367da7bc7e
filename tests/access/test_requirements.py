"""Authorisation is closed by default: an action without a requirement is refused for everybody."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from access import keys
from access.scopes import Scope
from core.requirement import Requirement


class Things(ViewSet):
    """A viewset with a requirement for `list` and none for `count`."""

    requirements = {"list": Requirement(Scope.READ, "tickets.view_ticket")}

    def list(self, request: Request) -> Response:
        return Response([])

    @action(detail=False)
    def count(self, request: Request) -> Response:
        return Response(0)

    @action(detail=False)
    def metadata(self, request: Request) -> Response:
        return Response("by the name that DRF gives to OPTIONS")


class Plain(APIView):
    """A plain view, without requirements."""

    def get(self, request: Request) -> Response:
        return Response("secret")


DECLARED = Things.as_view({"get": "list"})
UNDECLARED = Things.as_view({"get": "count"})
METADATA = Things.as_view({"get": "metadata"})
PLAIN = Plain.as_view()


def with_all_scopes() -> dict[str, str]:
    return {"authorization": f"Api-Key {keys.create('everything', list(Scope))[1]}"}


def ask(view: Any, who: str, method: str = "GET") -> int:
    """The status of the response to this client."""
    headers = with_all_scopes() if who == "key" else {}
    request = APIRequestFactory().generic(method, "/", headers=headers)
    if who == "superuser":
        force_authenticate(request, get_user_model().objects.create_superuser(f"root-{method}", password="x"))
    status: int = view(request).status_code
    return status


@pytest.mark.parametrize("access", ["open", "intake", "key"])
@pytest.mark.parametrize("who", ["anonymous", "key", "superuser"])
@pytest.mark.parametrize("view", [UNDECLARED, METADATA, PLAIN])
def test_an_action_that_is_not_named_is_refused(
    database: None, settings: Settings, view: Any, who: str, access: str
) -> None:
    settings.API_ACCESS = access
    assert ask(view, who) == 403


@pytest.mark.parametrize("who", ["anonymous", "key", "superuser"])
def test_one_that_is_named_is_open_to_whom_it_names(database: None, settings: Settings, who: str) -> None:
    settings.API_ACCESS = "key"
    assert ask(DECLARED, who) == (401 if who == "anonymous" else 200)
    settings.API_ACCESS = "open"
    assert ask(DECLARED, "anonymous") == 200


def test_what_a_path_offers_may_be_asked(database: None, settings: Settings) -> None:
    settings.API_ACCESS = "open"
    assert (ask(UNDECLARED, "anonymous", "OPTIONS"), ask(UNDECLARED, "anonymous", "DELETE")) == (200, 405)
    settings.API_ACCESS = "key"
    assert (ask(UNDECLARED, "anonymous", "OPTIONS"), ask(UNDECLARED, "anonymous", "DELETE")) == (401, 401)
    assert (ask(UNDECLARED, "key", "OPTIONS"), ask(UNDECLARED, "key", "DELETE")) == (200, 405)
