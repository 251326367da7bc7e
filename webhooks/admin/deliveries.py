"""Pages of deliveries with their attempts: filters, resend, cancel."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import TextFilter

from desk import formatting
from desk.base import ReadOnlyAdmin, ReadOnlyInline
from desk.buttons import button
from desk.days_filter import DaysFilter
from desk.formatting import NOTHING, badge, quantity, typed
from webhooks import redelivery
from webhooks.admin.permissions import RESEND
from webhooks.models import TEST_EVENT, Attempt, Delivery


class AttemptInline(ReadOnlyInline):
    """Attempts below their delivery, the newest first."""

    model = Attempt
    ordering = ["-pk"]
    template = "webhooks/attempt_inline.html"


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
        "status",
        "receiver_name",
        "event_type",
        "ticket",
        "attempt_count",
        "age",
        "wait",
    ]
    list_filter = ["state", "receiver", "event__type", ("created_at", DaysFilter), TicketFilter]
    list_filter_submit = True
    list_select_related = ["event", "receiver"]
    readonly_fields = ["status", "event_type", "ticket", "attempts", "next_attempt", "webhook_id", "request_id"]
    ordering = ["-id"]
    inlines = [AttemptInline]
    actions = ["resend_selected", "cancel_selected"]

    def get_fields(self, request: HttpRequest, obj: Delivery | None = None) -> Any:
        when = "next_attempt" if obj and obj.state == Delivery.State.PENDING else "finished_at"
        fields = ["status", "receiver", "event_type", "ticket", "attempts", "created_at", when]
        return [*fields, "webhook_id", "request_id"]

    @admin.display(description="delivery", ordering="id")
    def number(self, delivery: Delivery) -> str:
        return f"#{delivery.pk}"

    @admin.display(description="receiver", ordering="receiver")
    def receiver_name(self, delivery: Delivery) -> str:
        return typed(delivery.receiver)

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

    @admin.display(description="attempts", ordering="attempts_made")
    def attempt_count(self, delivery: Delivery) -> int:
        return delivery.attempts_made

    @admin.display(description="attempts")
    def attempts(self, delivery: Delivery) -> str:
        """Both numbers by one statement: an attempt may end while the page is made."""
        counted = Delivery.objects.annotate(count=Count("attempts")).values_list("attempts_made", "count")
        made, count = counted.get(pk=delivery.pk)
        return f"{made}{' since the last resend' if count > made else ''}"

    @admin.display(description="created", ordering="id")
    def age(self, delivery: Delivery) -> str:
        return formatting.age(delivery.created_at)

    @admin.display(description="next attempt", ordering="next_attempt_at")
    def wait(self, delivery: Delivery) -> str:
        return formatting.until(delivery.next_attempt_at) if delivery.state == Delivery.State.PENDING else NOTHING

    @admin.display(description="next attempt")
    def next_attempt(self, delivery: Delivery) -> str:
        return formatting.moment(delivery.next_attempt_at) if delivery.next_attempt_at > timezone.now() else "due"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds a note that the page shows the result of a test event by itself."""
        delivery: Delivery | None = context.get("original")
        if delivery and delivery.event.type == TEST_EVENT and _is_under_way(delivery):
            context["panel"] = {"template": "webhooks/waiting_panel.html"}
        return super().render_change_form(request, context, *args, **kwargs)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether this user may resend and cancel."""
        return bool(request.user.has_perm(RESEND))

    @admin.action(description="Resend selected deliveries", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        pks = _pks(deliveries)
        count = redelivery.resend(pks)
        _log_changes(request, pks, "Resent this delivery.")
        self.message_user(request, f"{_deliveries(count)} queued.")

    @admin.action(description="Cancel selected deliveries", permissions=["resend"])
    def cancel_selected(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        pks = _pks(deliveries)
        cancelled = redelivery.cancel(pks)
        _log_changes(request, cancelled, "Cancelled this delivery.")
        self._report_cancelled(request, len(cancelled), len(pks))

    @button("Resend", RESEND, primary=True)
    def resend(self, request: HttpRequest, delivery: Delivery) -> None:
        redelivery.resend([delivery.pk])
        self.log_change(request, delivery, "Resent this delivery.")
        paused = "" if delivery.receiver.enabled else " It waits until its receiver is enabled."
        self.message_user(request, f"Delivery queued.{paused}")

    @button("Cancel", RESEND, shown=lambda delivery: delivery.state in {"pending", "dead"})
    def cancel(self, request: HttpRequest, delivery: Delivery) -> None:
        cancelled = redelivery.cancel([delivery.pk])
        _log_changes(request, cancelled, "Cancelled this delivery.")
        self._report_cancelled(request, len(cancelled), 1)

    buttons = (resend, cancel)

    def _report_cancelled(self, request: HttpRequest, count: int, of: int) -> None:
        rest = "" if count == of else f" {of - count} had already ended."
        self.message_user(request, f"{_deliveries(count)} cancelled.{rest}")


def _is_under_way(delivery: Delivery) -> bool:
    """Whether it has just been sent or resent, as far as the page shows."""
    return delivery.state == Delivery.State.PENDING and delivery.attempts_made == 0 and delivery.receiver.enabled


def _deliveries(count: int) -> str:
    return quantity(count, "delivery", "deliveries")


def _pks(deliveries: QuerySet[Delivery]) -> list[int]:
    return list(deliveries.order_by().values_list("pk", flat=True))


def _log_changes(request: HttpRequest, pks: list[int], message: str) -> None:
    """Adds the entry to the history of each delivery."""
    LogEntry.objects.log_actions(str(request.user.pk), Delivery.objects.filter(pk__in=pks), CHANGE, message)
