"""Columns of the list of tickets."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin as UnfoldAdmin
from unfold.widgets import CHECKBOX_CLASSES

from desk import formatting
from desk.base import ReadOnlyAdmin
from tickets.models import Ticket
from webhooks.models import Receiver

CHANGE = "tickets.change_ticket"
SEE_DELIVERIES = "webhooks.view_delivery"
CHECKBOX = (
    f'<input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{{pk}}" id="ticket-{{pk}}" '
    f'aria-label="{{label}}" class="action-select {" ".join(CHECKBOX_CLASSES)}">'
)


def chosen_status(request: HttpRequest) -> str:
    """The status by which the list is filtered; empty for all."""
    return request.GET.get("status__exact", "")


class TicketColumns(ReadOnlyAdmin):
    """The columns, some of which a status or a user does not need."""

    list_display = ["number", "text", "contact_card"]
    list_display_links = ["number", "text"]
    list_select_related = ["contact"]

    def get_list_display(self, request: HttpRequest) -> Any:
        resolved = chosen_status(request) == Ticket.Status.RESOLVED
        columns = ["number", "text", "contact_card", *(["took", "resolved"] if resolved else ["age"])]
        if not chosen_status(request):
            columns.append("state")
        if request.user.has_perm(SEE_DELIVERIES) and Receiver.objects.exists():
            columns.append("webhooks")
        if request.user.has_perm(CHANGE) and not resolved:
            columns.append("resolve_button")
        return columns

    @admin.display(description=UnfoldAdmin.action_checkbox.short_description)
    def action_checkbox(self, ticket: Ticket) -> SafeString:
        """As django-unfold's, but faster (no template per row), labelled with the ticket's number, and its anchor."""
        label = f"Select ticket #{ticket.pk}"
        return format_html(CHECKBOX, pk=ticket.pk, label=label)

    @admin.display(description="number", ordering="pk")
    def number(self, ticket: Ticket) -> str:
        return f"#{ticket.pk}"

    @admin.display(description="ticket")
    def text(self, ticket: Ticket) -> str:
        return format_html('<span class="desk-excerpt">{}</span>', formatting.typed(ticket.excerpt))

    @admin.display(description="contact")
    def contact_card(self, ticket: Ticket) -> str:
        url = reverse("admin:contacts_contact_change", args=[ticket.contact_id])
        contact = ticket.contact
        markup = '<span class="desk-contact"><a href="{}">{}</a><span title="{}">{}</span></span>'
        email = formatting.marked(contact.email, contact.caution)
        return format_html(markup, url, formatting.typed(contact.full_name), contact.email, email)

    @admin.display(description="age", ordering="-pk")
    def age(self, ticket: Ticket) -> str:
        return format_html("took {}", self.took(ticket)) if ticket.resolved_at else formatting.age(ticket.created_at)

    @admin.display(description="took")
    def took(self, ticket: Ticket) -> str:
        return formatting.duration(ticket.resolved_at - ticket.created_at if ticket.resolved_at else None)

    @admin.display(description="resolved", ordering="resolved_at")
    def resolved(self, ticket: Ticket) -> str:
        by = getattr(ticket, "resolver", "")
        who = format_html(" <span>by {}</span>", by) if by else ""
        return format_html('<span class="desk-resolution">{}{}</span>', formatting.age(ticket.resolved_at), who)

    @admin.display(description="status")
    def state(self, ticket: Ticket) -> str:
        return formatting.badge(ticket.status)

    @admin.display(description="webhooks")
    def webhooks(self, ticket: Ticket) -> str:
        state = getattr(ticket, "webhook_state", None)
        return formatting.badge(state) if state else formatting.NOTHING

    @admin.display(description="")
    def resolve_button(self, ticket: Ticket) -> str:
        """Submits a form outside the list's own, so that Enter in the list never triggers it."""
        if ticket.status != Ticket.Status.OPEN:
            return ""
        button = (
            '<button form="row-action" formaction="{}" class="desk-button" aria-label="Resolve #{}">Resolve</button>'
        )
        return format_html(button, getattr(ticket, "resolve_url", ""), ticket.pk)
