"""The page of a ticket."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from desk import formatting
from desk.base import ReadOnlyAdmin
from desk.linkify import linkify
from tickets.admin.neighbours import neighbours
from tickets.admin.timeline import timeline
from tickets.models import Ticket

MAX_OTHERS = 10  # tickets of the same contact on the page


class TicketPageAdmin(ReadOnlyAdmin):
    """A ticket's text, contact, other tickets of that contact, and timeline."""

    change_form_template = "tickets/page.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("contact", "resolved_by")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds what the page of an existing ticket shows."""
        ticket: Ticket | None = context.get("original")
        if ticket:
            others = _others(ticket)
            context |= {
                "title": f"Ticket #{ticket.pk}",
                "subtitle": None,
                "text": linkify(ticket.issue_description),
                "age": formatting.age(ticket.created_at),
                "resolved_age": formatting.age(ticket.resolved_at) if ticket.resolved_at else "",
                "others": others[:MAX_OTHERS],
                "more_others": len(others) > MAX_OTHERS,
                "timeline": timeline(ticket, request.user.has_perm("webhooks.view_delivery")),
                "neighbours": neighbours(self, request, ticket),
                "may_see_contact": request.user.has_perm("contacts.view_contact"),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _others(ticket: Ticket) -> list[Ticket]:
    """The contact's newest other tickets: one more than is shown, to tell whether there are more."""
    others = Ticket.objects.filter(contact_id=ticket.contact_id).exclude(pk=ticket.pk).order_by("-pk")
    return list(others[: MAX_OTHERS + 1])
