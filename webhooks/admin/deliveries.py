"""Pages of deliveries with their attempts: filters, resend, cancel."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import TextFilter

from desk.base import ReadOnlyAdmin, ReadOnlyInline
from desk.buttons import button
from desk.days_filter import DaysFilter
from desk.formatting import NOTHING, badge, quantity
from webhooks import redelivery
from webhooks.admin.permissions import RESEND
from webhooks.models import TEST_EVENT, Attempt, Delivery


class AttemptInline(ReadOnlyInline):
    """Attempts below their delivery."""

    model = Attempt
    readonly_fields = ["started_at", "took", "status", "error", "answer"]
    fields = (*readonly_fields,)

    @admin.display(description="took")
    def took(self, attempt: Attempt) -> str:
        return f"{attempt.duration:.3f} s"

    @admin.display(description="answer")
    def answer(self, attempt: Attempt) -> str:
        return format_html('<div class="whitespace-pre-wrap break-all">{}</div>', attempt.response)


class TicketFilter(TextFilter):
    """Deliveries about one ticket, by its number."""

    title = "ticket number"
    parameter_name = "ticket"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        number = value.strip().removeprefix("#")
        if not number.isascii() or not number.isdigit() or len(number) > 18:
            return queryset.none()
        return queryset.filter(event__ticket_id=int(number))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """The list and the page of deliveries."""

    list_display = [
        "number",
        "event_type",
        "ticket",
        "receiver",
        "status",
        "attempts_made",
        "created_at",
        "next_attempt",
    ]
    list_filter = ["state", "receiver", "event__type", ("created_at", DaysFilter), TicketFilter]
    list_filter_submit = True
    list_select_related = ["event", "receiver"]
    fields = ["event_type", "webhook_id", "ticket", "receiver", "status", "attempts_made", "next_attempt"]
    fields += ["created_at", "finished_at", "request_id"]
    readonly_fields = ["event_type", "webhook_id", "ticket", "status", "next_attempt", "request_id"]
    ordering = ["-id"]
    inlines = [AttemptInline]
    actions = ["resend_selected", "cancel_selected"]

    @admin.display(description="delivery", ordering="id")
    def number(self, delivery: Delivery) -> str:
        return f"#{delivery.pk}"

    @admin.display(description="event", ordering="event__type")
    def event_type(self, delivery: Delivery) -> str:
        return delivery.event.type

    @admin.display(description="webhook-id")
    def webhook_id(self, delivery: Delivery) -> str:
        return delivery.event.message_id

    @admin.display(description="X-Request-ID")
    def request_id(self, delivery: Delivery) -> str:
        return delivery.event.request_id or NOTHING

    @admin.display(description="ticket", ordering="event__ticket_id")
    def ticket(self, delivery: Delivery) -> str:
        number = delivery.event.ticket_id
        if number is None:
            return NOTHING
        return format_html('<a href="{}">#{}</a>', reverse("admin:tickets_ticket_change", args=[number]), number)

    @admin.display(description="state", ordering="state")
    def status(self, delivery: Delivery) -> str:
        return badge(delivery.state)

    @admin.display(description="next attempt", ordering="next_attempt_at")
    def next_attempt(self, delivery: Delivery) -> datetime | str:
        if delivery.state != Delivery.State.PENDING:
            return NOTHING
        return delivery.next_attempt_at if delivery.next_attempt_at > timezone.now() else "due"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds a note that the page shows the result of a test event by itself."""
        delivery: Delivery | None = context.get("original")
        if delivery and delivery.event.type == TEST_EVENT and not delivery.attempts.exists():
            context["panel"] = {"template": "webhooks/waiting_panel.html"}
        return super().render_change_form(request, context, *args, **kwargs)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether this user may resend and cancel."""
        return bool(request.user.has_perm(RESEND))

    @admin.action(description="Resend selected deliveries", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        pks = _pks(deliveries)
        count = redelivery.resend(pks)
        _log_changes(request, pks, "Resent.")
        self.message_user(request, f"{_deliveries(count)} queued.")

    @admin.action(description="Cancel selected deliveries", permissions=["resend"])
    def cancel_selected(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        pks = _pks(deliveries)
        cancelled = redelivery.cancel(pks)
        _log_changes(request, cancelled, "Cancelled.")
        self._report_cancelled(request, len(cancelled), len(pks))

    @button("Resend", RESEND, primary=True)
    def resend(self, request: HttpRequest, delivery: Delivery) -> None:
        redelivery.resend([delivery.pk])
        self.log_change(request, delivery, "Resent.")
        paused = "" if delivery.receiver.enabled else " It waits until its receiver is enabled."
        self.message_user(request, f"Delivery queued.{paused}")

    @button("Cancel", RESEND, shown=lambda delivery: delivery.state in {"pending", "dead"})
    def cancel(self, request: HttpRequest, delivery: Delivery) -> None:
        cancelled = redelivery.cancel([delivery.pk])
        _log_changes(request, cancelled, "Cancelled.")
        self._report_cancelled(request, len(cancelled), 1)

    buttons = (resend, cancel)

    def _report_cancelled(self, request: HttpRequest, count: int, of: int) -> None:
        rest = "" if count == of else f" {of - count} had already ended."
        self.message_user(request, f"{_deliveries(count)} cancelled.{rest}")


def _deliveries(count: int) -> str:
    return quantity(count, "delivery", "deliveries")


def _pks(deliveries: QuerySet[Delivery]) -> list[int]:
    return list(deliveries.order_by().values_list("pk", flat=True))


def _log_changes(request: HttpRequest, pks: list[int], message: str) -> None:
    """Adds the entry to the history of each delivery."""
    LogEntry.objects.log_actions(str(request.user.pk), Delivery.objects.filter(pk__in=pks), CHANGE, message)
