"""The support desk: staff read, resolve and reopen tickets. Both go through the services that the API uses."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from contacts.models import Contact
from ticketloop.admin import ReadOnlyAdmin, button
from tickets import services
from tickets.desk.contacts import ContactPage
from tickets.models import Ticket
from webhooks.models import Delivery

FIRST_LINE_LENGTH = 80
MOST_DELIVERIES = 50  # on a ticket's page
CHANGE = "tickets.change_ticket"
Change = Callable[[Sequence[int]], list[services.RenderedTicket]]


def first_line(ticket: Ticket) -> str:
    """The beginning of the text, short enough for a row."""
    return Truncator(ticket.issue_description.splitlines()[0]).chars(FIRST_LINE_LENGTH)


@admin.register(Ticket)
class TicketAdmin(ReadOnlyAdmin):
    """Tickets as their contacts wrote them."""

    list_display = ["id", "text", "contact_link", "status", "created_at", "resolved_at"]
    list_display_links = ["id", "text"]
    list_filter = ["status", "created_at", "resolved_at"]
    list_select_related = ["contact"]
    search_fields = ["issue_description", "contact__full_name", "contact__email"]
    search_help_text = "Finds words in the text, and the contact's name and email, as they were typed."
    ordering = ["-id"]
    actions = ["resolve", "reopen"]
    readonly_fields = ["contact_link", "full_text", "status", "created_at", "resolved_at"]
    fields = (*readonly_fields,)

    @admin.display(description="ticket")
    def text(self, ticket: Ticket) -> str:
        return first_line(ticket)

    @admin.display(description="issue description")
    def full_text(self, ticket: Ticket) -> str:
        return format_html('<div style="white-space: pre-wrap">{}</div>', ticket.issue_description)

    @admin.display(description="contact", ordering="contact__full_name")
    def contact_link(self, ticket: Ticket) -> str:
        url = reverse("admin:contacts_contact_change", args=[ticket.contact_id])
        return format_html('<a href="{}">{}</a>', url, ticket.contact)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """Whether this user may resolve and reopen."""
        return bool(request.user.has_perm(CHANGE))

    @admin.action(description="Resolve selected tickets", permissions=["resolve"])
    def resolve(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._change(request, _ids(tickets), services.resolve_tickets, "resolved")

    @admin.action(description="Reopen selected tickets", permissions=["resolve"])
    def reopen(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._change(request, _ids(tickets), services.reopen_tickets, "reopened")

    @button("Resolve", CHANGE, shown=lambda ticket: ticket.status == "open", primary=True)
    def resolve_one(self, request: HttpRequest, ticket: Ticket) -> None:
        self._change(request, [ticket.pk], services.resolve_tickets, "resolved")

    @button("Reopen", CHANGE, shown=lambda ticket: ticket.status == "resolved")
    def reopen_one(self, request: HttpRequest, ticket: Ticket) -> None:
        self._change(request, [ticket.pk], services.reopen_tickets, "reopened")

    buttons = (resolve_one, reopen_one)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds who was told of the ticket."""
        if request.user.has_perm("webhooks.view_delivery"):
            deliveries = Delivery.objects.filter(event__ticket_id=context["original"].pk)
            deliveries = deliveries.select_related("event", "receiver").order_by("-id")[:MOST_DELIVERIES]
            context["panel"] = {"template": "webhooks/deliveries_panel.html", "deliveries": deliveries}
        return super().render_change_form(request, context, *args, **kwargs)

    def _change(self, request: HttpRequest, ids: list[int], change: Change, done: str) -> None:
        """Runs the service, notes it in each changed ticket's history and says what it did."""
        with transaction.atomic():
            changed = [ticket.id for ticket in change(ids)]
            for ticket in Ticket.objects.filter(pk__in=changed):
                self.log_change(request, ticket, done.capitalize() + ".")
        unchanged = len(ids) - len(changed)
        parts = [f"{_tickets(len(changed))} {done}"] if changed or not unchanged else []
        if unchanged:
            already = "resolved" if done == "resolved" else "open"
            parts.append(f"{_tickets(unchanged)} {'was' if unchanged == 1 else 'were'} already {already}")
        level = messages.SUCCESS if changed else messages.WARNING
        self.message_user(request, "; ".join(parts) + ".", level)


def _ids(tickets: QuerySet[Ticket]) -> list[int]:
    return list(tickets.order_by("pk").values_list("pk", flat=True))


def _tickets(count: int) -> str:
    return f"{count} ticket" if count == 1 else f"{count} tickets"


admin.site.register(Contact, ContactPage)
