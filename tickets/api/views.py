"""`/api/v1/tickets`."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from access.credentials import key_owner
from access.permissions import allows
from access.scopes import Scope
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
from tickets import services
from tickets.actors import request_actor
from tickets.api.examples import (
    OPEN_RECEIPT_EXAMPLE,
    OPEN_TICKET_EXAMPLE,
    REOPEN_RECEIPT_EXAMPLE,
    RESOLVE_RECEIPT_EXAMPLE,
    RESOLVED_EXAMPLE,
    TICKET_EXAMPLE,
    TICKETS_EXAMPLE,
)
from tickets.api.parameters import IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, LOCATION, RETRY_AFTER
from tickets.api.serializers import (
    ChangedTicketSerializer,
    OpenedTicketSerializer,
    OpenTicketSerializer,
    TicketSerializer,
)
from tickets.filters import TICKETS
from tickets.idempotency import KeyBusy, KeyReused, open_ticket_once
from tickets.representation import ONE_TICKET, change_receipt, open_receipt

NOT_FOUND = "Ticket not found"
ERRORS = {404: error_response(NOT_FOUND), **error_responses(401, 403, 503)}


@extend_schema_view(
    list=extend_schema(
        operation_id="listTickets",
        summary="List tickets",
        parameters=list_parameters(TICKETS),
        responses={200: TicketSerializer(many=True), **error_responses(400, 401, 403, 503), **URL_TOO_LONG},
        examples=[TICKETS_EXAMPLE],
    ),
    create=extend_schema(
        operation_id="openTicket",
        summary="Open a ticket",
        request=OpenTicketSerializer,
        parameters=[IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, LOCATION, RETRY_AFTER],
        responses={
            201: OpenedTicketSerializer,
            409: error_response(KeyBusy.default_detail),
            422: error_response(KeyReused.default_detail),
            **error_responses(400, 401, 403, 408, 413, 415, 503),
        },
        examples=[OPEN_TICKET_EXAMPLE, TICKET_EXAMPLE, OPEN_RECEIPT_EXAMPLE],
    ),
    retrieve=extend_schema(
        operation_id="getTicket",
        summary="Get a ticket",
        parameters=[ID, IF_NONE_MATCH, ETAG],
        responses={200: TicketSerializer, 304: NOT_MODIFIED, **ERRORS},
        examples=[TICKET_EXAMPLE],
    ),
    resolve=extend_schema(
        operation_id="resolveTicket",
        summary="Resolve a ticket",
        parameters=[ID],
        request=None,
        responses={200: ChangedTicketSerializer, **ERRORS},
        examples=[RESOLVED_EXAMPLE, RESOLVE_RECEIPT_EXAMPLE],
    ),
    reopen=extend_schema(
        operation_id="reopenTicket",
        summary="Reopen a ticket",
        parameters=[ID],
        request=None,
        responses={200: ChangedTicketSerializer, **ERRORS},
        examples=[TICKET_EXAMPLE, REOPEN_RECEIPT_EXAMPLE],
    ),
)
class TicketViewSet(ViewSet):
    """Tickets."""

    lookup_value_regex = "[^/]+"
    requirements = {
        "list": Requirement(Scope.READ, "tickets.view_ticket"),
        "create": Requirement(Scope.CREATE, "tickets.add_ticket"),
        "retrieve": Requirement(Scope.READ, "tickets.view_ticket"),
        "resolve": Requirement(Scope.RESOLVE, "tickets.change_ticket"),
        "reopen": Requirement(Scope.RESOLVE, "tickets.change_ticket"),
    }

    def list(self, request: Request) -> HttpResponseBase:
        """Tickets as a JSON array: the whole list, streamed, or with `limit` a page with `Link` header."""
        return list_response(request, TICKETS)

    def create(self, request: Request) -> HttpResponse:
        """Opens a ticket. The contact is found by email, else created; a known contact keeps their name.

        Send an `Idempotency-Key` to retry safely: the same key with the same body returns the first response and opens
        no second ticket. A client that may not read tickets gets what it sent, with `id`, `status` and `created_at`.
        """
        serializer = OpenTicketSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values, by = serializer.validated_data, request_actor(request)
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            ticket, replayed = services.open_ticket(**values, by=by), False
        else:
            ticket, replayed = open_ticket_once(key_owner(request), key, values, by)
        body = ticket.body if self._may_read(request) else open_receipt(ticket.body, values)
        response = json_response(body, status=201)
        if replayed:
            response["Idempotent-Replayed"] = "true"
        response["Location"] = f"{request.path.rstrip('/')}/{ticket.id}"
        return response

    def retrieve(self, request: Request, pk: str) -> HttpResponseBase:
        """One ticket."""
        return conditional_response(request, json_response(_current(id_or_404(pk, NOT_FOUND))))

    @action(detail=True, methods=["patch"])
    def resolve(self, request: Request, pk: str) -> HttpResponse:
        """Resolves the ticket. Resolving it again changes nothing.

        A client that may not read tickets gets `id`, `status`, `created_at` and `resolved_at`.
        """
        ticket_id = id_or_404(pk, NOT_FOUND)
        changed = services.resolve_ticket(ticket_id, request_actor(request))
        return self._changed_response(request, changed.body if changed else _current(ticket_id))

    @action(detail=True, methods=["patch"])
    def reopen(self, request: Request, pk: str) -> HttpResponse:
        """Reopens the ticket. Reopening an open one changes nothing.

        A client that may not read tickets gets `id`, `status`, `created_at` and `resolved_at`.
        """
        ticket_id = id_or_404(pk, NOT_FOUND)
        changed = services.reopen_ticket(ticket_id, request_actor(request))
        return self._changed_response(request, changed.body if changed else _current(ticket_id))

    def _may_read(self, request: Request) -> bool:
        return allows(request, self.requirements["retrieve"])

    def _changed_response(self, request: Request, ticket: str) -> HttpResponse:
        return json_response(ticket if self._may_read(request) else change_receipt(ticket))


def _current(id: int) -> str:
    return fetch_json_or_404(ONE_TICKET, id, NOT_FOUND)
