"""A ticket's page at the support desk."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from desk import formatting
from desk.base import ReadOnlyAdmin
from desk.linking import linked
from tickets.admin.timeline import timeline
from tickets.models import Ticket

MOST_OTHERS = 10  # tickets of the same contact on the page


class TicketPage(ReadOnlyAdmin):
    """The text as typed, who wrote it, what else they wrote, and what became of it."""

    change_form_template = "tickets/page.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("contact", "resolved_by")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds all that the page shows; a ticket that is still to be opened has none of it."""
        ticket: Ticket | None = context.get("original")
        if ticket:
            others = _others(ticket)
            context |= {
                "title": f"Ticket #{ticket.pk}",
                "subtitle": None,
                "text": linked(ticket.issue_description),
                "age": formatting.age(ticket.created_at),
                "resolved_age": formatting.age(ticket.resolved_at) if ticket.resolved_at else "",
                "others": others[:MOST_OTHERS],
                "more_others": len(others) > MOST_OTHERS,
                "timeline": timeline(ticket, request.user.has_perm("webhooks.view_delivery")),
                "previous": _open_tickets().filter(pk__lt=ticket.pk).order_by("-pk").first(),
                "next": _open_tickets().filter(pk__gt=ticket.pk).order_by("pk").first(),
                "may_see_contact": request.user.has_perm("contacts.view_contact"),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _open_tickets() -> Any:
    return Ticket.objects.filter(status=Ticket.Status.OPEN).only("pk")


def _others(ticket: Ticket) -> list[Ticket]:
    """The contact's newest other tickets with their first lines, and one more than is shown where there are more."""
    others = Ticket.objects.filter(contact_id=ticket.contact_id).exclude(pk=ticket.pk).order_by("-pk")
    return list(others[: MOST_OTHERS + 1])
