"""The list of tickets: tabs, order, search, export."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from core.streams import LimitedStream
from core.time_limit import TimeLimitExceededError, time_limit
from desk.days_filter import DaysFilter
from desk.paginator import DeskChangeList
from tickets.admin.columns import TicketColumns, chosen_status
from tickets.admin.csv_export import csv_lines
from tickets.admin.list_filters import ContactFilter
from tickets.admin.search import NEWEST, TIME_LIMIT, newest, search
from tickets.admin.timeline import ANONYMOUS_CLIENT
from tickets.models import Change, Ticket
from webhooks.statistics import states_of_tickets

EXPORT = "tickets.export_ticket"
STATUS = "status__exact"
TABS = {"Open": "open", "Resolved": "resolved", "All": None}
NEWEST_ONLY = (
    f"Searching every ticket would take too long, so only the newest {NEWEST:,} were searched. Add a word or a filter."
)
OLDEST_FIRST = "1"  # by the first column, the number


class TicketChangeList(DeskChangeList):
    """A page of the list, with what the columns of each ticket need."""

    result_list: list[Any]
    no_filters = frozenset({STATUS})  # the tab
    has_newest_only = False  # as every ticket would have taken too long

    @property
    def tabs(self) -> list[dict[str, Any]]:
        """Open, Resolved and All; tabs keep the search and the other filters, and each has an order of its own."""
        return [
            {
                "title": title,
                "url": self.get_query_string({STATUS: value}, [PAGE_VAR, ORDER_VAR]),
                "active": value == self.params.get(STATUS),
            }
            for title, value in TABS.items()
        ]

    @property
    def other_order(self) -> dict[str, str] | None:
        """A link to the open tickets from the other end."""
        if self.params.get(STATUS) != Ticket.Status.OPEN:
            return None
        if self.params.get(ORDER_VAR) == OLDEST_FIRST:
            return {"title": "Newest first", "url": self.get_query_string({}, [PAGE_VAR, ORDER_VAR])}
        return {"title": "Longest waiting first", "url": self.get_query_string({ORDER_VAR: OLDEST_FIRST}, [PAGE_VAR])}

    @property
    def list_title(self) -> str:
        status = self.params.get(STATUS)
        return f"{status} tickets".capitalize() if status else super().list_title

    @property
    def empty_text(self) -> str:
        status = self.params.get(STATUS)
        return f"No {status} tickets." if status else super().empty_text

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        """Django's; resolved tickets in a way that lets an index sort them."""
        tickets = super().get_queryset(request, exclude_parameters)
        resolved = chosen_status(request) == Ticket.Status.RESOLVED
        return tickets.filter(resolved_at__isnull=False) if resolved else tickets

    def get_results(self, request: HttpRequest) -> None:
        try:
            with time_limit(TIME_LIMIT):
                self._get_rows(request)
        except TimeLimitExceededError:
            self.queryset = self.queryset.filter(newest())
            self._get_rows(request)
            self.has_newest_only = True
        self._annotate_rows(request)

    def _get_rows(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)

    def _annotate_rows(self, request: HttpRequest) -> None:
        numbers = [ticket.pk for ticket in self.result_list]
        if "webhooks" in self.list_display:
            states = states_of_tickets(numbers)
            for ticket in self.result_list:
                ticket.webhook_state = states.get(ticket.pk)
        if "resolved" in self.list_display:
            resolvers = _resolvers(numbers)
            for ticket in self.result_list:
                ticket.resolver = resolvers.get(ticket.pk, "")
        if "resolve_button" in self.list_display:
            self._add_resolve_urls(numbers, chosen_status(request) == Ticket.Status.OPEN)

    def _add_resolve_urls(self, numbers: list[int], leaves_list: bool) -> None:
        """The URL says which row to return to: the ticket's own, or a neighbour's if it leaves the list."""
        neighbours = [*numbers[1:], *numbers[-2:-1], None] if leaves_list else numbers
        for ticket, row in zip(self.result_list, neighbours, strict=False):
            resolve = reverse("admin:tickets_ticket_resolve-one", args=[ticket.pk])
            ticket.resolve_url = f"{resolve}?from=list&row={row or ''}&{self.preserved_filters}"


def _resolvers(numbers: list[int]) -> dict[int, str]:
    """Who resolved each of these tickets last; those imported as resolved are left out."""
    resolved = Change.objects.filter(ticket__in=numbers, kind=Change.Kind.RESOLVED)
    latest = resolved.order_by("ticket", "-pk").distinct("ticket").values_list("ticket", "actor")
    return {ticket: actor or ANONYMOUS_CLIENT for ticket, actor in latest}


class TicketListAdmin(TicketColumns):
    """The list of tickets: the newest first, or those that were resolved last."""

    list_filter = ["status", ("created_at", DaysFilter), ("resolved_at", DaysFilter), ContactFilter]
    list_filter_submit = True
    list_per_page = 25  # rendering a row costs more than finding it
    list_before_template = "tickets/above_list.html"
    search_fields = ["search_text__matches"]  # shows the search box; `get_search_results` searches contacts, too
    search_help_text = "Text, name, email or #number"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TicketChangeList]:
        return TicketChangeList

    def get_ordering(self, request: HttpRequest) -> Any:
        return ["-resolved_at", "-pk"] if chosen_status(request) == Ticket.Status.RESOLVED else ["-pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search(queryset, search_term), False

    def get_urls(self) -> list[Any]:
        export = path("export/", self.admin_site.admin_view(self.export), name="tickets_ticket_export")
        return [export, *super().get_urls()]

    def export(self, request: HttpRequest) -> StreamingHttpResponse | HttpResponse:
        """The tickets of the list with the same query, as CSV."""
        if not (self.has_view_permission(request) and request.user.has_perm(EXPORT)):
            raise PermissionDenied
        try:
            tickets = self.get_changelist_instance(request).get_queryset(request)
        except (IncorrectLookupParameters, DisallowedModelAdminLookup):
            # The list says what is wrong.
            return HttpResponseRedirect(f"{reverse('admin:tickets_ticket_changelist')}?{request.GET.urlencode()}")
        lines = LimitedStream(line.encode() for line in csv_lines(tickets))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="tickets-{timezone.now():%Y-%m-%d}.csv"'
        return response

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Adds whether this user may export, and whether only the newest tickets were searched."""
        may_export = request.user.has_perm(EXPORT)
        response = super().changelist_view(request, {"may_export": may_export, **(extra_context or {})})
        page = response.context_data if isinstance(response, TemplateResponse) else None
        if page and "cl" in page and page["cl"].has_newest_only:
            messages.warning(request, NEWEST_ONLY)
        return response
