"""The webhooks of the OpenAPI document: what receivers are sent."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, OpenApiWebhook, extend_schema

from tickets.examples import TICKET
from tickets.serializers import TicketSerializer

HEADERS = {
    "webhook-id": "The same for every attempt at the same event.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970-01-01T00:00:00Z.",
    "webhook-signature": "`v1,` and HMAC-SHA256 of `id.timestamp.body` in base64.",
    "Ticketloop-Event": "The event's type, as in the name of this webhook.",
}
TICKET_CREATED = OpenApiWebhook(
    name="ticket.created",
    decorator=extend_schema(
        operation_id="ticketCreated",
        summary="A ticket was opened",
        description=(
            "Sent at least once to every receiver, signed per the Standard Webhooks specification. Deduplicate by "
            "`webhook-id`. Any 2xx within the time limit counts as delivered; everything else is tried again."
        ),
        tags=["webhooks"],
        request=TicketSerializer,
        responses={
            "2XX": OpenApiResponse(description="Delivered."),
            410: OpenApiResponse(description="Send nothing more: the receiver is disabled."),
        },
        examples=[OpenApiExample("The ticket", value=TICKET)],
    ),
)


def describe_headers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Adds the headers to every webhook; drf-spectacular leaves a webhook's parameters out."""
    for webhook in result["webhooks"].values():
        webhook["post"]["parameters"] = [
            {"in": "header", "name": name, "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in HEADERS.items()
        ]
    return result
