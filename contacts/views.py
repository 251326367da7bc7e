"""`/api/v1/contacts`."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from contacts.examples import CONTACT_EXAMPLE
from contacts.representation import CONTACT_ROWS, ONE_CONTACT
from contacts.serializers import ContactSerializer
from ticketloop.api import fetch_json_or_404, id_or_404, json_response, json_stream, refuse_parameters
from ticketloop.listing import stream_array
from ticketloop.schema import ID, error_responses

NOT_FOUND = "Contact not found"


@extend_schema_view(
    list=extend_schema(
        operation_id="listContacts",
        summary="List every contact",
        responses={200: ContactSerializer(many=True), **error_responses(400, 401, 403, 503)},
        examples=[CONTACT_EXAMPLE],
    ),
    retrieve=extend_schema(
        operation_id="getContact",
        summary="Get one contact",
        parameters=[ID],
        responses={200: ContactSerializer, **error_responses(401, 403, 404, 503, not_found=NOT_FOUND)},
        examples=[CONTACT_EXAMPLE],
    ),
)
class ContactViewSet(ViewSet):
    """People who opened tickets."""

    lookup_value_regex = "[^/]+"

    def list(self, request: Request) -> HttpResponseBase:
        """Every contact as a JSON array, ascending by id, streamed."""
        refuse_parameters(request)
        return json_stream(request, stream_array(CONTACT_ROWS))

    def retrieve(self, request: Request, pk: str) -> HttpResponse:
        """One contact."""
        return json_response(fetch_json_or_404(ONE_CONTACT, id_or_404(pk, NOT_FOUND), NOT_FOUND))
