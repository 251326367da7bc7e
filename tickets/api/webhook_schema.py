"""Webhooks in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    OpenApiWebhook,
    PolymorphicProxySerializer,
    extend_schema,
)

from tickets.api.examples import RESOLVED_TICKET, TICKET
from tickets.api.serializers import TicketEventSerializer, TicketSerializer

DESCRIPTION = (
    "Sent at least once to every subscribed receiver, signed per the Standard Webhooks specification. "
    "Deduplicate by `webhook-id`. Any 2xx within the time limit counts as delivered; anything else is retried. "
    "The body is the ticket or, if the receiver's format is `standard`, the specification's envelope around it."
)
HEADERS = {
    "webhook-id": ("Id of the event, the same on every attempt.", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
    "webhook-timestamp": ("Time of this attempt, in seconds since 1970-01-01T00:00:00Z.", "1763930291"),
    "webhook-signature": (
        "`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; two, space-separated, during a secret's rotation.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
    "Ticketloop-Event": ("Type of the event: the name of this webhook.", None),
}
BODY = PolymorphicProxySerializer(
    component_name="TicketWebhook",
    serializers=[TicketSerializer, TicketEventSerializer],
    resource_type_field_name=None,
)


def _webhook(event: str, operation_id: str, summary: str, ticket: dict[str, Any], timestamp: str) -> OpenApiWebhook:
    envelope = {"type": event, "timestamp": timestamp, "data": ticket}
    return OpenApiWebhook(
        name=event,
        decorator=extend_schema(
            operation_id=operation_id,
            summary=summary,
            description=DESCRIPTION,
            tags=["webhooks"],
            request=BODY,
            responses={
                "2XX": OpenApiResponse(description="Delivered."),
                410: OpenApiResponse(description="Disables the receiver: nothing more is sent."),
            },
            examples=[
                OpenApiExample("Format ticket", value=ticket),
                OpenApiExample("Format standard", value=envelope),
            ],
        ),
    )


TICKET_CREATED = _webhook("ticket.created", "ticketCreated", "A ticket was opened", TICKET, TICKET["created_at"])
TICKET_RESOLVED = _webhook(
    "ticket.resolved", "ticketResolved", "A ticket was resolved", RESOLVED_TICKET, RESOLVED_TICKET["resolved_at"]
)
TICKET_REOPENED = _webhook(
    "ticket.reopened", "ticketReopened", "A resolved ticket was reopened", TICKET, "2026-11-24T11:00:03.229104Z"
)


def describe_headers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular hook: adds the headers to every webhook, whose parameters drf-spectacular ignores."""
    for event, webhook in result["webhooks"].items():
        webhook["post"]["parameters"] = [
            {
                "in": "header",
                "name": name,
                "required": True,
                "description": text,
                "schema": {"type": "string"},
                "example": example or event,
            }
            for name, (text, example) in HEADERS.items()
        ]
    return result
