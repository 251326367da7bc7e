"""The list of tickets: columns, tabs, search, export."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin as UnfoldAdmin
from unfold.widgets import CHECKBOX_CLASSES

from core.streams import LimitedStream
from core.time_limit import TimeLimitExceededError, time_limit
from desk import formatting
from desk.base import ReadOnlyAdmin
from desk.paginator import DeskChangeList
from tickets.admin.csv_export import csv_lines
from tickets.admin.list_filters import ContactFilter, DaysFilter
from tickets.admin.search import NEWEST, newest, search
from tickets.models import Ticket
from webhooks.statistics import states_of_tickets

CHANGE = "tickets.change_ticket"
EXPORT = "tickets.export_ticket"
SEE_DELIVERIES = "webhooks.view_delivery"
LIST_TIME_LIMIT = 0.25  # seconds; beyond it only the newest tickets are searched
CHECKBOX = (
    f'<input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{{pk}}" aria-label="{{label}}" '
    f'class="action-select {" ".join(CHECKBOX_CLASSES)}">'
)
TABS = {"Open": "open", "Resolved": "resolved", "All": None}


class TicketChangeList(DeskChangeList):
    """A page of the list, with the webhook state and the resolve URL of each ticket."""

    queryset: QuerySet[Any]
    result_list: list[Any]

    @property
    def tabs(self) -> list[dict[str, Any]]:
        """Open, Resolved and All; tabs keep the search and the other filters."""
        chosen = self.params.get("status__exact")
        status = chosen[0] if isinstance(chosen, list) else chosen
        return [
            {
                "title": title,
                "url": self.get_query_string({"status__exact": value}, [PAGE_VAR]),
                "active": value == status,
            }
            for title, value in TABS.items()
        ]

    def get_results(self, request: HttpRequest) -> None:
        try:
            with time_limit(LIST_TIME_LIMIT):
                self._get_rows(request)
        except TimeLimitExceededError:
            self.queryset = self.queryset.filter(newest())
            self._get_rows(request)
            text = (
                f"Searching every ticket would take too long, so only the newest {NEWEST:,} were searched. "
                "Add a word or a filter."
            )
            messages.warning(request, text)
        self._annotate_rows(request)

    def _get_rows(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)

    def _annotate_rows(self, request: HttpRequest) -> None:
        if request.user.has_perm(SEE_DELIVERIES):
            states = states_of_tickets([ticket.pk for ticket in self.result_list])
            for ticket in self.result_list:
                ticket.webhook_state = states.get(ticket.pk)
        if request.user.has_perm(CHANGE):
            for ticket in self.result_list:
                resolve = reverse("admin:tickets_ticket_resolve-one", args=[ticket.pk])
                ticket.resolve_url = f"{resolve}?from=list&{self.preserved_filters}"


class TicketListAdmin(ReadOnlyAdmin):
    """The list of tickets, newest first."""

    list_display = ["number", "text", "contact_card", "age", "state"]
    list_display_links = ["number", "text"]
    list_filter = ["status", ("created_at", DaysFilter), ("resolved_at", DaysFilter), ContactFilter]
    list_filter_submit = True
    list_select_related = ["contact"]
    list_per_page = 25  # rendering a row costs more than finding it
    list_before_template = "tickets/above_list.html"
    search_fields = ["issue_description"]  # shows the search box; `get_search_results` searches
    search_help_text = "Text, name, email or #number"
    ordering = ["-id"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TicketChangeList]:
        return TicketChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = list(self.list_display)
        if request.user.has_perm(SEE_DELIVERIES):
            columns.append("webhooks")
        if request.user.has_perm(CHANGE):
            columns.append("resolve_button")
        return columns

    @admin.display(description=UnfoldAdmin.action_checkbox.short_description)
    def action_checkbox(self, ticket: Ticket) -> SafeString:
        """As django-unfold's, but faster (no template per row) and labelled with the ticket's number."""
        label = f"Select ticket #{ticket.pk}"
        return format_html(CHECKBOX, pk=ticket.pk, label=label)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search(queryset, search_term), False

    @admin.display(description="number", ordering="pk")
    def number(self, ticket: Ticket) -> str:
        return f"#{ticket.pk}"

    @admin.display(description="ticket")
    def text(self, ticket: Ticket) -> str:
        return formatting.typed(ticket.first_line)

    @admin.display(description="contact")
    def contact_card(self, ticket: Ticket) -> str:
        url = reverse("admin:contacts_contact_change", args=[ticket.contact_id])
        contact = ticket.contact
        markup = '<span class="desk-contact"><a href="{}">{}</a><span title="{}">{}</span></span>'
        email = formatting.marked(contact.email, contact.caution)
        return format_html(markup, url, formatting.typed(contact.full_name), contact.email, email)

    @admin.display(description="age", ordering="-pk")
    def age(self, ticket: Ticket) -> str:
        return formatting.age(ticket.created_at)

    @admin.display(description="status")
    def state(self, ticket: Ticket) -> str:
        return formatting.badge(ticket.status)

    @admin.display(description="webhooks")
    def webhooks(self, ticket: Ticket) -> str:
        state = getattr(ticket, "webhook_state", None)
        return formatting.badge(state) if state else "-"

    @admin.display(description="")
    def resolve_button(self, ticket: Ticket) -> str:
        """Submits a form outside the list's own, so that Enter in the list never triggers it."""
        if ticket.status != Ticket.Status.OPEN:
            return ""
        button = (
            '<button form="row-action" formaction="{}" class="desk-button" aria-label="Resolve #{}">Resolve</button>'
        )
        return format_html(button, getattr(ticket, "resolve_url", ""), ticket.pk)

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
        lines = LimitedStream(lambda: csv_lines(tickets))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="tickets-{timezone.now():%Y-%m-%d}.csv"'
        return response

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Adds whether this user may export."""
        may_export = request.user.has_perm(EXPORT)
        return super().changelist_view(request, {"may_export": may_export, **(extra_context or {})})
