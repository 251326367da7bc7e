"""The webhooks of the OpenAPI document: what receivers are sent."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, OpenApiWebhook, extend_schema

from tickets.examples import TICKET
from tickets.serializers import TicketSerializer


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True, description=description)


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
        parameters=[
            _header("webhook-id", "The same for every attempt at the same event."),
            _header("webhook-timestamp", "When this attempt was made, in seconds since 1970-01-01T00:00:00Z."),
            _header("webhook-signature", "`v1,` and HMAC-SHA256 of `id.timestamp.body` in base64."),
            _header("Ticketloop-Event", "`ticket.created`"),
        ],
        request=TicketSerializer,
        responses={
            "2XX": OpenApiResponse(description="Delivered."),
            410: OpenApiResponse(description="Send nothing more: the receiver is disabled."),
        },
        examples=[OpenApiExample("The ticket", value=TICKET, request_only=True)],
    ),
)
