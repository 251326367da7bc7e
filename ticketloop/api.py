"""What the viewsets of contacts and tickets share: ids, raw JSON answers, paths with and without a slash."""

import re
from hashlib import sha256

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from ticketloop.listing.parameters import LARGEST_ID
from ticketloop.statements import fetch_one

DIGITS = re.compile(r"[0-9]{1,19}")


class SlashOrNoSlashRouter(SimpleRouter):
    """A router whose paths work with and without a trailing slash, without a redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


def id_or_404(text: str, detail: str) -> int:
    """The id in a path; NotFound with `detail` when it is no number or beyond 64 bits."""
    number = int(text) if DIGITS.fullmatch(text) else 0
    if not 0 < number <= LARGEST_ID:
        raise NotFound(detail)
    return number


def fetch_json_or_404(query: str, id: int, detail: str) -> bytes:
    """The one JSON text that `query` selects for `%(id)s`; NotFound with `detail` when there is no such row."""
    row = fetch_one(query, {"id": id})
    if row is None:
        raise NotFound(detail)
    body: bytes = row[0]
    return body


def json_response(body: bytes, status: int = 200) -> HttpResponse:
    """An answer that PostgreSQL has written already."""
    return HttpResponse(body, content_type="application/json", status=status)


def unless_known(request: Request, response: HttpResponse) -> HttpResponseBase:
    """The answer with its strong ETag, or 304 when the client has it already (RFC 9110, section 13.1.2).

    It may be kept, but is for this client alone, and must be asked for again before it is used.
    """
    response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["Cache-Control"] = "private, no-cache"
    answer = get_conditional_response(request._request, etag=response["ETag"], response=response)
    return answer or response
