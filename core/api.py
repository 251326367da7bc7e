"""Helpers of the viewsets: ids in paths, JSON written by PostgreSQL, conditional requests, optional trailing slash."""

import re
from hashlib import sha256

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.views.decorators.http import condition
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from core.pagination.query_parameters import MAX_ID
from core.raw_sql import fetch_one

DIGITS = re.compile(r"[0-9]{1,19}")


class PreconditionFailed(APIException):
    """412 (RFC 9110, section 15.5.13)."""

    status_code = 412
    default_detail = "It is not what `If-Match` says; get it anew."
    default_code = "precondition_failed"


class SlashOrNoSlashRouter(SimpleRouter):
    """A router whose paths work with and without a trailing slash, without a redirect."""

    routes = [route._replace(url=route.url.replace("{trailing_slash}", "/?")) for route in SimpleRouter.routes]


def id_or_404(text: str, detail: str) -> int:
    """The id in a path. Raises NotFound with `detail` when it is not a number or exceeds 64 bits."""
    number = int(text) if DIGITS.fullmatch(text) else 0
    if not 0 < number <= MAX_ID:
        raise NotFound(detail)
    return number


def fetch_json_or_404(statement: str, id: int, detail: str) -> str:
    """The JSON text that `statement` selects for `%(id)s`. Raises NotFound with `detail` when there is no such row."""
    row = fetch_one(statement, {"id": id})
    if row is None:
        raise NotFound(detail)
    body: str = row[0]
    return body


def json_response(body: str, status: int = 200) -> HttpResponse:
    """A response whose JSON PostgreSQL has written."""
    return HttpResponse(body, content_type="application/json", status=status)


def conditional_response(request: Request, response: HttpResponse) -> HttpResponseBase:
    """The response with a strong ETag, or 304 or 412 as the request's conditions say (RFC 9110, section 13).

    `Cache-Control: private, no-cache`: only the client itself may cache it, and must revalidate before each use.
    """
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    conditional = condition(etag_func=lambda request: etag)(lambda request: response)(request)
    if conditional.status_code == PreconditionFailed.status_code:
        raise PreconditionFailed
    conditional["Content-Length"] = str(len(response.content))  # a 304 has that of the 200 (RFC 9110, section 8.6)
    patch_cache_control(conditional, private=True, no_cache=True)
    return conditional
