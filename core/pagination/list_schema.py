"""A list's parameters and headers for the OpenAPI document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from core.pagination.collection import Collection
from core.pagination.query_parameters import LIMIT, MAX_LIMIT, ORDERING, ORDERING_NAMES

LINK = OpenApiParameter(
    "Link",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200],
    description="With `limit`: the URLs of the pages `first`, `prev` and `next`, as far as there are any (RFC 8288).",
)
CURSOR = OpenApiParameter(
    "cursor",
    OpenApiTypes.STR,
    description="Where the page begins. Use one from a `Link` header, with the same filters and ordering.",
)
ORDERING_SCHEMA = {
    **ORDERING.schema,
    "default": "id",
    # Generators of clients would number them otherwise, as no name begins with a `-`.
    "x-enum-varnames": [
        name.removeprefix("-").upper() + ("_DESCENDING" if name.startswith("-") else "") for name in ORDERING_NAMES
    ],
}


def list_parameters(collection: Collection) -> list[OpenApiParameter]:
    """The query parameters of the collection's list, and the header of its pages."""
    filters = [
        OpenApiParameter(name, dict(each.type.schema), description=each.description)
        for name, each in collection.filters.items()
    ]
    limit = f"Page size, 1 to {MAX_LIMIT}. Without it the whole list is streamed."
    ordering = "Ascending, or with `-` descending."
    return [
        OpenApiParameter("limit", dict(LIMIT.schema), description=limit, examples=[OpenApiExample("A page", value=50)]),
        CURSOR,
        OpenApiParameter("ordering", ORDERING_SCHEMA, description=ordering),
        *filters,
        LINK,
    ]
