"""Parameters and headers of a list in the OpenAPI document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from core.pagination.collection import Collection
from core.pagination.query_parameters import LIMIT, MAX_LIMIT, ORDERING, ORDERING_NAMES

LINK = OpenApiParameter(
    "Link",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200],
    description="With `limit`: URLs of the `first`, `prev` and `next` page, as far as they exist (RFC 8288).",
)
CURSOR = OpenApiParameter(
    "cursor",
    OpenApiTypes.STR,
    description="Start of the page, from a `Link` header; keep the filters and the ordering.",
)
ORDERING_SCHEMA = {
    **ORDERING.schema,
    "default": "id",
    # Without names, client generators number the values, as no identifier begins with `-`.
    "x-enum-varnames": [
        name.removeprefix("-").upper() + ("_DESCENDING" if name.startswith("-") else "") for name in ORDERING_NAMES
    ],
}


def list_parameters(collection: Collection) -> list[OpenApiParameter]:
    """The query parameters of the collection's list, and the Link header of its pages."""
    filters = [
        OpenApiParameter(name, dict(each.type.schema), description=each.description)
        for name, each in collection.filters.items()
    ]
    limit = f"Page size, 1 to {MAX_LIMIT}. Without it, the whole list is streamed."
    ordering = "Sort order; `-` for descending."
    return [
        OpenApiParameter(
            "limit", dict(LIMIT.schema), description=limit, examples=[OpenApiExample("50 per page", value=50)]
        ),
        CURSOR,
        OpenApiParameter("ordering", ORDERING_SCHEMA, description=ordering),
        *filters,
        LINK,
    ]
