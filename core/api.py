"""What the viewsets of contacts and tickets share: ids, raw JSON answers, paths with and without a slash."""

import re
from functools import cache
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.utils.cache import get_conditional_response
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from core.pagination.query_parameters import MAX_ID
from core.raw_sql import fetch_one

# What a client sends to be answered only if, or unless, something changed (RFC 9110, section 13.1).
CONDITIONS = {f"HTTP_IF_{name}" for name in ("MATCH", "NONE_MATCH", "MODIFIED_SINCE", "UNMODIFIED_SINCE")}
DIGITS = re.compile(r"[0-9]{1,19}")


class ApiViewSet(ViewSet):
    """DRF's ViewSet, which does for each request a little of what is the same for all."""

    action_map: dict[str, str]

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """As DRF's. What is asked for often is kept at hand: DRF finds it by way of an AttributeError each time."""
        made = super().initialize_request(request, *args, **kwargs)
        vars(made).update(META=request.META, method=request.method)
        return made

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As DRF's. View and request know each other: taken apart they are freed at once, not by Python's collector."""
        response = super().dispatch(request, *args, **kwargs)
        if not isinstance(response, SimpleTemplateResponse):  # of which the view is asked while it is rendered
            self.request.parser_context.clear()
            vars(self).clear()
        return response

    def get_authenticators(self) -> list[BaseAuthentication]:
        """As DRF's, but made once: they keep nothing of a request."""
        return _authenticators(tuple(self.authentication_classes))

    def perform_authentication(self, request: Request) -> None:
        """As DRF's, but not by way of `request.user`, whose guard against errors made here takes longer than this."""
        request._authenticate()  # type: ignore[attr-defined]  # the stubs leave it out

    @property
    def allowed_methods(self) -> list[str]:
        """The methods that this path has, for the header `Allow`."""
        return _allowed_methods(tuple(self.action_map))


@cache
def _authenticators(kinds: tuple[type[BaseAuthentication], ...]) -> list[BaseAuthentication]:
    return [kind() for kind in kinds]


@cache
def _allowed_methods(known: tuple[str, ...]) -> list[str]:
    return [name.upper() for name in ViewSet.http_method_names if name in known or name == "options"]


class SlashOrNoSlashRouter(SimpleRouter):
    """A router whose paths work with and without a trailing slash, without a redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


def id_or_404(text: str, detail: str) -> int:
    """The id in a path; NotFound with `detail` when it is no number or beyond 64 bits."""
    number = int(text) if DIGITS.fullmatch(text) else 0
    if not 0 < number <= MAX_ID:
        raise NotFound(detail)
    return number


def fetch_json_or_404(query: str, id: int, detail: str) -> str:
    """The one JSON text that `query` selects for `%(id)s`; NotFound with `detail` when there is no such row."""
    row = fetch_one(query, {"id": id})
    if row is None:
        raise NotFound(detail)
    body: str = row[0]
    return body


def json_response(body: str, status: int = 200) -> HttpResponse:
    """An answer that PostgreSQL has written already."""
    return HttpResponse(body, content_type="application/json", status=status)


def unless_known(request: Request, response: HttpResponse) -> HttpResponseBase:
    """The answer with its strong ETag, or 304 when the client has it already (RFC 9110, section 13.1.2).

    It may be kept, but is for this client alone, and must be asked for again before it is used.
    """
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    if CONDITIONS.isdisjoint(request.META):
        return response
    return get_conditional_response(request._request, etag=etag, response=response) or response
