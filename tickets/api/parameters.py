"""Headers of the request that opens a ticket and of its answer, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

LOCATION = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201],
    description="Where the ticket is.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="A new random value, such as a UUID, for each ticket; the same one when the request is sent again.",
    examples=[OpenApiExample("A UUID", value="7d0f4a52-93f5-4e0c-9a8e-3f9b1f6f2c11")],
)
IDEMPOTENT_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=[201],
    description="Present where an earlier request with this `Idempotency-Key` has opened the ticket.",
)
