"""Answers GET and HEAD of a list: a page with links, or everything, streamed."""

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

# Rows that are fetched at a time: few at first, so that the answer begins at once; then many, which costs the least;
# but of a long list fewer again, so that no other request waits long for its turn.
CHUNKS = (100, 1000, 250)


def answer_list(request: Request, collection: Collection) -> HttpResponseBase:
    """What the query string asks of the collection, as a JSON array; ValidationError for a mistake in it."""
    query = read_query(request, collection)
    if query.limit is not None:
        return _page(request, collection, query, query.limit)
    chunks = stream(collection, query) if request.method == "GET" else iter(())
    return StreamingHttpResponse(chunks, content_type="application/json")


def stream(collection: Collection, query: Query) -> Iterator[bytes]:
    """The whole list as one JSON array; its beginning is fetched at once, as its failure can still be answered.

    Each chunk is a statement of its own: no transaction and no cursor outlives it, and memory does not grow with the
    list.
    """
    return _from(fetch_chunk(collection, query, None, CHUNKS[0]), collection, query)


def _from(chunk: Chunk, collection: Collection, query: Query) -> Iterator[bytes]:
    sizes = chain(CHUNKS, repeat(CHUNKS[-1]))
    size = next(sizes)
    yield f"[{chunk.body}".encode()
    while chunk.last and chunk.rows == size:
        size = next(sizes)
        chunk = fetch_chunk(collection, query, Position(chunk.last), size)
        if chunk.body:
            yield f",{chunk.body}".encode()
    yield b"]"


def _page(request: Request, collection: Collection, query: Query, limit: int) -> HttpResponse:
    page = fetch_page(collection, query, limit)
    backward = query.position is not None and query.position.backward
    response = HttpResponse(f"[{page.body}]", content_type="application/json")
    links = {"first": ""}
    if page.first and (page.more if backward else query.position):
        links["prev"] = cursors.encode(collection, query, Position(page.first, backward=True))
    if page.last and (backward or page.more):
        links["next"] = cursors.encode(collection, query, Position(page.last))
    response["Link"] = _links(request, links)
    return response


def _links(request: Request, links: Mapping[str, str]) -> str:
    """A Link header (RFC 8288): the request's own URL at the cursor of each relation; without one, the first page."""
    parameters = urlencode([(name, value) for name, value in request.query_params.items() if name != "cursor"])
    first = f"{request.scheme}://{request.get_host()}{request.path}?{parameters}"  # there is a limit at least
    urls = {relation: f"{first}&cursor={each}" if each else first for relation, each in links.items()}
    return ", ".join([f'<{url}>; rel="{relation}"' for relation, url in urls.items()])
