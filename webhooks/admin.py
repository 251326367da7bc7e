"""Deliveries and what came of them, to look at."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from ticketloop.admin import ReadOnlyAdmin
from webhooks.models import Attempt, Delivery, Receiver

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
else:
    TabularInline = admin.TabularInline

ATTEMPT_FIELDS = ["started_at", "seconds", "status", "error", "answer"]


class AttemptDisplay:
    """How an attempt is shown, in its own list and beneath its delivery."""

    @admin.display(description="took")
    def seconds(self, attempt: Attempt) -> str:
        return f"{attempt.duration:.3f} s"

    @admin.display(description="answer")
    def answer(self, attempt: Attempt) -> str:
        return format_html('<div style="white-space: pre-wrap">{}</div>', attempt.response)


class AttemptInline(AttemptDisplay, TabularInline):
    """The attempts beneath their delivery."""

    model = Attempt
    fields = (*ATTEMPT_FIELDS,)
    readonly_fields = ATTEMPT_FIELDS
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Receiver)
class ReceiverAdmin(ReadOnlyAdmin):
    """Who is told of events. The secret is not shown."""

    list_display = ["id", "url", "source", "events", "enabled"]
    list_display_links = ["id", "url"]
    fields = ["source", "description", "url", "events", "timeout", "enabled", "disabled_reason", "created_at"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Events owed to receivers."""

    list_display = ["id", "event_type", "ticket", "receiver", "state", "attempts_made", "created_at", "next_attempt"]
    list_filter = ["state", "receiver", "event__type", "created_at"]
    list_select_related = ["event", "receiver"]
    fields = [
        "event",
        "ticket",
        "receiver",
        "state",
        "attempts_made",
        "next_attempt",
        "created_at",
        "finished_at",
    ]
    ordering = ["-id"]
    inlines = [AttemptInline]
    show_full_result_count = False

    @admin.display(description="event", ordering="event__type")
    def event_type(self, delivery: Delivery) -> str:
        return delivery.event.type

    @admin.display(ordering="event__ticket_id")
    def ticket(self, delivery: Delivery) -> str:
        return f"#{delivery.event.ticket_id}"

    @admin.display(description="next attempt", ordering="next_attempt_at")
    def next_attempt(self, delivery: Delivery) -> Any:
        return delivery.next_attempt_at if delivery.state == Delivery.State.PENDING else "-"


@admin.register(Attempt)
class AttemptAdmin(AttemptDisplay, ReadOnlyAdmin):
    """Every attempt at every delivery."""

    list_display = ["id", "delivery", "started_at", "seconds", "status", "error"]
    list_filter = ["status", "started_at"]
    fields = ["delivery", *ATTEMPT_FIELDS]
    ordering = ["-id"]
    show_full_result_count = False
