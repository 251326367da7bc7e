"""The admin of tickets: resolve and reopen, singly or in bulk, through the same services as the API."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core.short_transaction import BusyError
from desk import once
from desk.buttons import Button, button
from desk.formatting import quantity
from tickets import services
from tickets.actors import Actor, request_actor
from tickets.admin.change_list import TicketListAdmin
from tickets.admin.columns import CHANGE
from tickets.admin.open_form import TicketAddAdmin
from tickets.admin.ticket_page import TicketPageAdmin
from tickets.models import Ticket

Change = Callable[[Sequence[int], Actor], list[services.RenderedTicket]]


@admin.register(Ticket)
class TicketAdmin(TicketAddAdmin, TicketPageAdmin, TicketListAdmin):
    """List, page and form of tickets."""

    actions = ["resolve", "reopen"]

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
    def resolve_one(self, request: HttpRequest, ticket: Ticket) -> HttpResponse:
        self._change(request, [ticket.pk], services.resolve_tickets, "resolved")
        return self.page_of_button(request, ticket)

    @button("Reopen", CHANGE, shown=lambda ticket: ticket.status == "resolved")
    def reopen_one(self, request: HttpRequest, ticket: Ticket) -> None:
        self._change(request, [ticket.pk], services.reopen_tickets, "reopened")

    buttons = (resolve_one, reopen_one)

    def too_late(self, button: Button, obj: Ticket) -> str:
        """Who was faster."""
        last = obj.changes.last()
        by = f" by {last.actor}" if last and last.actor else ""
        done = "resolved" if obj.status == Ticket.Status.RESOLVED else "reopened"
        return f"Ticket #{obj.pk} was already {done}{by}."

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The timeline on the ticket's page, which includes changes through the API."""
        return HttpResponseRedirect(f"{reverse('admin:tickets_ticket_change', args=[object_id])}#timeline")

    def page_of_button(self, request: HttpRequest, obj: Model) -> HttpResponse:
        """The list with its filters, at a row, if the button is there."""
        if request.GET.get("from") != "list":
            return super().page_of_button(request, obj)
        filters, row = request.GET.get("_changelist_filters", ""), request.GET.get("row", "")
        anchor = f"#ticket-{row}" if row.isascii() and row.isdigit() else ""
        return HttpResponseRedirect(f"{reverse('admin:tickets_ticket_changelist')}?{filters}{anchor}")

    def _change(self, request: HttpRequest, ids: list[int], change: Change, done: str) -> None:
        """Runs the service and reports how many tickets it changed."""
        try:
            changed = change(ids, request_actor(request))
        except BusyError:
            once.forget(request)
            text = "Not all of these tickets were changed, as somebody else is at some of them. Try again in a minute."
            self.message_user(request, text, messages.ERROR)
            return
        self.message_user(request, _report(ids, len(changed), done), messages.SUCCESS if changed else messages.WARNING)


def _ids(tickets: QuerySet[Ticket]) -> list[int]:
    return list(tickets.order_by("pk").values_list("pk", flat=True))


def _report(ids: list[int], changed: int, done: str) -> str:
    """How many of the tickets were changed, and how many already were."""
    already = "resolved" if done == "resolved" else "open"
    if len(ids) == 1:
        return f"Ticket #{ids[0]} {done}." if changed else f"Ticket #{ids[0]} was already {already}."
    unchanged = len(ids) - changed
    parts = [f"{quantity(changed, 'ticket')} {done}"] if changed or not unchanged else []
    if unchanged:
        parts.append(f"{quantity(unchanged, 'ticket')} {'was' if unchanged == 1 else 'were'} already {already}")
    return "; ".join(parts) + "."
