"""Receivers, what is owed to them and what came of it; and what staff can do when it went wrong."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import RangeDateTimeFilter, TextFilter
from unfold.decorators import display

from desk.base import DeskAdmin, ReadOnlyAdmin, ReadOnlyInline
from desk.buttons import button
from desk.formatting import quantity
from webhooks import circuit_breaker, redelivery, statistics
from webhooks.encryption import UnsealError
from webhooks.forms import ReceiverForm, ReplayForm, RotateForm
from webhooks.models import Attempt, Delivery, Receiver

MANAGE = "webhooks.change_receiver"
SEE_SECRET = "webhooks.see_secret"  # noqa: S105
RESEND = "webhooks.resend_delivery"
MOST_REPLAYED = 50_000  # by one press of a button; more by `manage.py replay`
LAST_ATTEMPTS = 10
COLOURS = {"pending": "info", "delivered": "success", "dead": "danger", "cancelled": "warning"}


def from_desk(receiver: Receiver) -> bool:
    """Whether staff decide about it; the environment decides about the other."""
    return receiver.source == Receiver.Source.DESK


def given_up(receiver: Receiver) -> bool:
    """Whether Ticket Loop disabled it and staff have not dealt with that."""
    return not receiver.enabled and receiver.disabled_at is not None


@admin.register(Receiver)
class ReceiverAdmin(DeskAdmin):
    """Who is told of events."""

    form = ReceiverForm
    list_display = ["name", "url", "from_where", "subscribed", "state"]
    readonly_fields = ["state", "from_where"]

    def get_fields(self, request: HttpRequest, obj: Receiver | None = None) -> Any:
        fields = ["description", "url", "events", "body_format", "timeout"]
        if obj is None or (self.has_change_permission(request, obj) and request.user.has_perm(SEE_SECRET)):
            fields.append("own_headers")
        return [*fields, "state", "from_where"] if obj else fields

    def has_change_permission(self, request: HttpRequest, obj: Receiver | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or from_desk(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Receiver | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or from_desk(obj))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None: deleting a receiver deletes its deliveries, which deserves a page of its own."""
        return {}

    @admin.display(description="receiver", ordering="description")
    def name(self, receiver: Receiver) -> str:
        return receiver.description or f"Receiver {receiver.pk}"

    @admin.display(description="managed in")
    def from_where(self, receiver: Receiver) -> str:
        return receiver.get_source_display()

    @admin.display(description="events")
    def subscribed(self, receiver: Receiver) -> str:
        return ", ".join(receiver.events)

    @display(description="state", label={"enabled": "success", "failing": "warning", "disabled": "danger"})
    def state(self, receiver: Receiver) -> str:
        if not receiver.enabled:
            return "disabled"
        return "failing" if receiver.consecutive_failures >= circuit_breaker.THRESHOLD else "enabled"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds how the receiver is doing."""
        if receiver := context.get("original"):
            context["panel"] = {
                "template": "webhooks/receiver_panel.html",
                "statistics": statistics.of_receiver(receiver),
                "attempts": receiver.attempts.select_related("delivery__event").order_by("-id")[:LAST_ATTEMPTS],
                "receiver": receiver,
                "problem": _problem(receiver),
                "deliveries": reverse("admin:webhooks_delivery_changelist") + f"?receiver__id__exact={receiver.pk}",
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @button("Send test event", RESEND, shown=lambda receiver: receiver.enabled, primary=True)
    def send_test_event(self, request: HttpRequest, receiver: Receiver) -> HttpResponse:
        delivery = redelivery.send_test_event(receiver)
        self.log_change(request, receiver, "Sent a test event.")
        self.message_user(request, "A test event is on its way; this page shows what comes of it.")
        return HttpResponseRedirect(reverse("admin:webhooks_delivery_change", args=[delivery.pk]))

    @button("Enable", MANAGE, shown=lambda receiver: not receiver.enabled, primary=True)
    def enable(self, request: HttpRequest, receiver: Receiver) -> HttpResponse | None:
        disabled_at = redelivery.enable(receiver)
        self.log_change(request, receiver, "Enabled.")
        if disabled_at is None:
            self.message_user(request, "The receiver is enabled.")
            return None
        self.message_user(request, "The receiver is enabled. You can now send it what it missed.")
        url = reverse("admin:webhooks_receiver_replay", args=[receiver.pk])
        return HttpResponseRedirect(f"{url}?{urlencode({'since': f'{disabled_at:%Y-%m-%dT%H:%M:%S}'})}")

    @button("Disable", MANAGE, shown=lambda receiver: receiver.enabled and from_desk(receiver))
    def disable(self, request: HttpRequest, receiver: Receiver) -> None:
        receiver.enabled, receiver.disabled_reason = False, f"Disabled by {request.user.get_username()}."
        receiver.save(update_fields=["enabled", "disabled_reason"])
        self.log_change(request, receiver, "Disabled.")
        self.message_user(request, "The receiver is disabled: new events are not kept for it.")

    @button("Leave it disabled", MANAGE, shown=given_up)
    def leave_disabled(self, request: HttpRequest, receiver: Receiver) -> None:
        receiver.disabled_at = None
        receiver.save(update_fields=["disabled_at"])
        self.log_change(request, receiver, "Left disabled.")
        self.message_user(request, "The receiver stays disabled, and the banner is gone.")

    @button("Replay", RESEND, form=ReplayForm)
    def replay(self, request: HttpRequest, receiver: Receiver, form: ReplayForm) -> None:
        since = form.cleaned_data["since"]
        if redelivery.count_replayed_events(receiver, since) > MOST_REPLAYED:
            command = f"manage.py replay --receiver {receiver.pk} --since {since:%Y-%m-%dT%H:%M:%S}"
            text = f"More than {MOST_REPLAYED:,} events are too many for a button; run `{command}`."
            self.message_user(request, text, messages.ERROR)
            return
        batches = redelivery.replay(receiver, since, delivered=form.cleaned_data["delivered"])
        count = sum(batch.deliveries for batch in batches)
        self.log_change(
            request,
            receiver,
            f"Replayed {_deliveries(count)} since {since:%Y-%m-%d %H:%M:%S} UTC.",
        )
        self.message_user(request, f"{_deliveries(count)} put on {'its' if count == 1 else 'their'} way.")

    @button("Show secret", SEE_SECRET)
    def show_secret(self, request: HttpRequest, receiver: Receiver) -> HttpResponse:
        try:
            secret, error = receiver.secret, ""
        except UnsealError as problem:
            secret, error = "", str(problem)
        self.log_change(request, receiver, "Looked at the secret.")
        context = {**self.admin_site.each_context(request), "title": "Secret", "opts": self.opts}
        context |= {"original": receiver, "secret": secret, "error": error}
        response = TemplateResponse(request, "webhooks/secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @button("Rotate secret", SEE_SECRET, shown=from_desk, form=RotateForm)
    def rotate_secret(self, request: HttpRequest, receiver: Receiver, form: RotateForm) -> None:
        receiver.rotate_secret(form.overlap)
        self.log_change(request, receiver, "Rotated the secret.")
        self.message_user(request, "The receiver has a new secret; “Show secret” shows it.")

    buttons = (enable, leave_disabled, send_test_event, replay, show_secret, rotate_secret, disable)


def _problem(receiver: Receiver) -> str:
    try:
        _ = receiver.secret, receiver.headers
    except UnsealError as error:
        return str(error)
    return receiver.disabled_reason


def _deliveries(count: int) -> str:
    return quantity(count, "delivery", "deliveries")


class AttemptInline(ReadOnlyInline):
    """The attempts beneath their delivery."""

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
    """The deliveries about one ticket."""

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
    """Events owed to receivers."""

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
    list_filter = ["state", "receiver", "event__type", ("created_at", RangeDateTimeFilter), TicketFilter]
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
        return delivery.event.request_id or "-"

    @admin.display(description="ticket", ordering="event__ticket_id")
    def ticket(self, delivery: Delivery) -> str:
        number = delivery.event.ticket_id
        if number is None:
            return "-"
        return format_html('<a href="{}">#{}</a>', reverse("admin:tickets_ticket_change", args=[number]), number)

    @display(description="state", ordering="state", label=COLOURS)
    def status(self, delivery: Delivery) -> str:
        return delivery.state

    @admin.display(description="next attempt", ordering="next_attempt_at")
    def next_attempt(self, delivery: Delivery) -> datetime | str:
        return delivery.next_attempt_at if delivery.state == Delivery.State.PENDING else "-"

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether this user may resend and cancel."""
        return bool(request.user.has_perm(RESEND))

    @admin.action(description="Resend selected deliveries", permissions=["resend"])
    def resend_selected(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        count = redelivery.resend(list(deliveries.order_by().values_list("pk", flat=True)))
        self.message_user(request, f"{_deliveries(count)} put on {'its' if count == 1 else 'their'} way.")

    @admin.action(description="Cancel selected deliveries", permissions=["resend"])
    def cancel_selected(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        pks = list(deliveries.order_by().values_list("pk", flat=True))
        self._say_cancelled(request, redelivery.cancel(pks), len(pks))

    @button("Resend", RESEND, primary=True)
    def resend(self, request: HttpRequest, delivery: Delivery) -> None:
        redelivery.resend([delivery.pk])
        self.log_change(request, delivery, "Resent.")
        paused = "" if delivery.receiver.enabled else " It waits until its receiver is enabled."
        self.message_user(request, f"The delivery is on its way.{paused}")

    @button("Cancel", RESEND, shown=lambda delivery: delivery.state in {"pending", "dead"})
    def cancel(self, request: HttpRequest, delivery: Delivery) -> None:
        count = redelivery.cancel([delivery.pk])
        self.log_change(request, delivery, "Cancelled.")
        self._say_cancelled(request, count, 1)

    buttons = (resend, cancel)

    def _say_cancelled(self, request: HttpRequest, count: int, of: int) -> None:
        rest = "" if count == of else f" {of - count} had ended already."
        self.message_user(request, f"{_deliveries(count)} cancelled.{rest}")
