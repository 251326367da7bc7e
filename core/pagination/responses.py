"""Responses to GET and HEAD of a list: a page with links, or the whole list streamed."""

from collections.abc import Iterator, Mapping
from itertools import chain, repeat
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from core.pagination import cursors
from core.pagination.collection import Collection, Position, Query
from core.pagination.keyset import Chunk, fetch_chunk, fetch_page
from core.pagination.query_parameters import read_query
from core.streams import LimitedStream

# Rows per chunk: few at first, for a fast first byte; then many, which costs least; in a long list fewer again, so
# that other requests of the process are not held up.
CHUNK_SIZES = (100, 1000, 250)
SLOW_BODY = 1_000_000  # characters; nginx holds a few megabytes for each reader (proxy/server.conf)


def list_response(request: Request, collection: Collection) -> HttpResponseBase:
    """The collection as the query string selects it, as a JSON array. Raises ValidationError for a bad query string."""
    query = read_query(request, collection)
    if query.limit is not None:
        return _page(request, collection, query, query.limit)
    first = fetch_chunk(collection, query, None, CHUNK_SIZES[0])
    if first.rows < CHUNK_SIZES[0]:
        return _whole(f"[{first.body}]")
    if request.method == "HEAD":
        return StreamingHttpResponse((), content_type="application/json")
    return StreamingHttpResponse(LimitedStream(_chunks(first, collection, query)), content_type="application/json")


def _whole(body: str) -> HttpResponseBase:
    """A response; one that a slow reader cannot be done with takes turns with streams."""
    if len(body) < SLOW_BODY:
        return HttpResponse(body, content_type="application/json")
    return StreamingHttpResponse(LimitedStream(iter([body.encode()])), content_type="application/json")


def _chunks(chunk: Chunk, collection: Collection, query: Query) -> Iterator[bytes]:
    """The whole list as one JSON array, from its first chunk on, whose failure could still be answered.

    Each chunk is a statement of its own, so that no transaction or server-side cursor stays open between chunks; memory
    does not grow with the list.
    """
    sizes = chain(CHUNK_SIZES, repeat(CHUNK_SIZES[-1]))
    size = next(sizes)
    yield f"[{chunk.body}".encode()
    while chunk.last and chunk.rows == size:
        size = next(sizes)
        chunk = fetch_chunk(collection, query, Position(chunk.last), size)
        if chunk.body:
            yield f",{chunk.body}".encode()
    yield b"]"


def _page(request: Request, collection: Collection, query: Query, limit: int) -> HttpResponseBase:
    page = fetch_page(collection, query, limit)
    backward = query.position is not None and query.position.backward
    response = _whole(f"[{page.body}]")
    links = {"first": ""}
    if page.first and (page.more if backward else query.position):
        links["prev"] = cursors.encode(collection, query, Position(page.first, backward=True))
    if page.last and (backward or page.more):
        links["next"] = cursors.encode(collection, query, Position(page.last))
    response["Link"] = _links(request, links)
    return response


def _links(request: Request, links: Mapping[str, str]) -> str:
    """The Link header (RFC 8288): the request's URL with the cursor of each relation; `first` has no cursor."""
    parameters = urlencode([(name, value) for name, value in request.query_params.items() if name != "cursor"])
    first = f"{request.scheme}://{request.get_host()}{request.path}?{parameters}"  # it has a `limit`
    urls = {relation: f"{first}&cursor={each}" if each else first for relation, each in links.items()}
    return ", ".join([f'<{url}>; rel="{relation}"' for relation, url in urls.items()])
