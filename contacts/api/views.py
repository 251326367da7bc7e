"""`/api/v1/contacts`."""

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from contacts.api.examples import CONTACT_EXAMPLE
from contacts.api.serializers import ContactSerializer
from contacts.filters import CONTACTS
from contacts.representation import ONE_CONTACT
from core.api import conditional_response, fetch_json_or_404, id_or_404, json_response
from core.openapi_parts import (
    ETAG,
    ID,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    URL_TOO_LONG,
    error_response,
    error_responses,
)
from core.pagination.list_schema import list_parameters
from core.pagination.responses import list_response
from core.requirement import Requirement

NOT_FOUND = "Contact not found"
READ = "tickets:read"  # scope of an API key; it covers contacts, too


@extend_schema_view(
    list=extend_schema(
        operation_id="listContacts",
        summary="List contacts",
        parameters=list_parameters(CONTACTS),
        responses={200: ContactSerializer(many=True), **error_responses(400, 401, 403, 503), **URL_TOO_LONG},
        examples=[CONTACT_EXAMPLE],
    ),
    retrieve=extend_schema(
        operation_id="getContact",
        summary="Get a contact",
        parameters=[ID, IF_NONE_MATCH, ETAG],
        responses={
            304: NOT_MODIFIED,
            200: ContactSerializer,
            404: error_response(NOT_FOUND),
            **error_responses(401, 403, 503),
        },
        examples=[CONTACT_EXAMPLE],
    ),
)
class ContactViewSet(ViewSet):
    """People who opened tickets."""

    lookup_value_regex = "[^/]+"
    requirements = {
        "list": Requirement(READ, "contacts.view_contact"),
        "retrieve": Requirement(READ, "contacts.view_contact"),
    }

    def list(self, request: Request) -> HttpResponseBase:
        """Contacts as a JSON array: the whole list, streamed, or with `limit` a page with `Link` header."""
        return list_response(request, CONTACTS)

    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """One contact."""
        body = fetch_json_or_404(ONE_CONTACT, id_or_404(pk, NOT_FOUND), NOT_FOUND)
        return conditional_response(request, json_response(body))
