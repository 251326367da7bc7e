"""OpenAPI: headers of the request that opens a ticket, and of its response."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

LOCATION = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201],
    description="URL of the ticket.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="A new random value for each ticket, such as a UUID. Send the same value on a retry.",
    examples=[OpenApiExample("A UUID", value="7d0f4a52-93f5-4e0c-9a8e-3f9b1f6f2c11")],
)
IDEMPOTENT_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=[201],
    description="Present if an earlier request with this `Idempotency-Key` opened the ticket.",
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    int,
    OpenApiParameter.HEADER,
    response=[409],
    description="Seconds to wait before a retry.",
)
