"""Pages of receivers: settings, statistics, secret, test event, replay, enabling and disabling."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from core.short_transaction import BusyError
from core.time_limit import TimeLimitExceededError, time_limit
from desk import once
from desk.base import DeskAdmin
from desk.buttons import button
from desk.formatting import badge, quantity, typed
from desk.paginator import capped_count
from webhooks import circuit_breaker, redelivery, statistics
from webhooks.admin.permissions import CHANGE_RECEIVER, RESEND, SEE_SECRET
from webhooks.deletion import delete_receiver
from webhooks.encryption import DecryptionError
from webhooks.forms import ReceiverForm, ReplayForm, RotateForm
from webhooks.headers import HeadersError
from webhooks.models import Attempt, Delivery, Receiver

MAX_REPLAYED = 50_000  # events of a replay from this page; `manage.py replay` has no limit
LAST_ATTEMPTS = 10
MAX_COUNTED = 100_000  # deliveries and attempts, before a receiver is deleted
COUNT_TIME_LIMIT = 1.0  # seconds


def managed_at_desk(receiver: Receiver) -> bool:
    """Whether the receiver is managed at the desk and not by WEBHOOK_URL."""
    return receiver.source == Receiver.Source.DESK


def auto_disabled(receiver: Receiver) -> bool:
    """Whether Ticket Loop disabled it and staff have not acknowledged that."""
    return not receiver.enabled and receiver.disabled_at is not None


@admin.register(Receiver)
class ReceiverAdmin(DeskAdmin):
    """The list and the page of receivers."""

    form = ReceiverForm
    list_display = ["name", "address", "from_where", "subscribed", "state"]
    readonly_fields = ["state", "from_where"]

    def get_fields(self, request: HttpRequest, obj: Receiver | None = None) -> Any:
        fields = ["description", "url", "events", "body_format", "timeout"]
        if obj is None or (self.has_change_permission(request, obj) and request.user.has_perm(SEE_SECRET)):
            fields.append("custom_headers")
        return [*fields, "state", "from_where"] if obj else fields

    def has_change_permission(self, request: HttpRequest, obj: Receiver | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or managed_at_desk(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Receiver | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or managed_at_desk(obj))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Says about how much goes with a receiver; Django's would load each delivery and ask for its permission."""
        (receiver,) = objs
        deliveries, attempts = (_count(each.objects.filter(receiver=receiver)) for each in (Delivery, Attempt))
        gone = f"Its deliveries ({deliveries}) and their attempts ({attempts}) are deleted too."
        return [gone, "To stop sending and keep them, disable the receiver instead."], {}, set(), []

    def ask_and_delete(self, request: HttpRequest, object_id: str, context: dict[str, Any]) -> HttpResponse:
        """Django's page asks; the deletion itself has transactions of its own, which Django's would hold together."""
        receiver = self.get_object(request, unquote(object_id)) if request.method == "POST" else None
        if receiver is None or not self.has_delete_permission(request, receiver):
            return super().ask_and_delete(request, object_id, context)
        try:
            delete_receiver(receiver)
        except BusyError:
            once.forget(request)
            text = "The receiver is not deleted yet, as it is in use at this moment. Try again in a minute."
            self.message_user(request, text, messages.ERROR)
            return self.page_of(request, receiver)
        self.log_deletions(request, [receiver])  # type: ignore[arg-type]  # a list, as in Django itself
        return self.response_delete(request, str(receiver), receiver.pk)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No bulk deletion: it would delete deliveries too, which deserves a confirmation for each receiver."""
        return {}

    @admin.display(description="receiver", ordering="description")
    def name(self, receiver: Receiver) -> str:
        return typed(receiver)

    @admin.display(description="URL", ordering="url")
    def address(self, receiver: Receiver) -> str:
        return typed(receiver.url)

    @admin.display(description="managed in")
    def from_where(self, receiver: Receiver) -> str:
        return receiver.get_source_display()

    @admin.display(description="events")
    def subscribed(self, receiver: Receiver) -> str:
        return ", ".join(map(str, receiver.events))  # SQL can store nulls and nested arrays

    @admin.display(description="state")
    def state(self, receiver: Receiver) -> str:
        if not receiver.enabled:
            return badge("disabled")
        return badge("failing" if receiver.consecutive_failures >= circuit_breaker.THRESHOLD else "enabled")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds statistics and the last attempts."""
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

    def response_add(self, request: HttpRequest, obj: Receiver, post_url_continue: str | None = None) -> HttpResponse:
        """The receiver's page, whose buttons are the next steps."""
        if "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        text = f"The receiver “{obj}” was added. Next: show its secret, to verify signatures, and send a test event."
        self.message_user(request, text, messages.SUCCESS)
        return self.page_of(request, obj)

    @button("Send test event", RESEND, shown=lambda receiver: receiver.enabled, primary=True)
    def send_test_event(self, request: HttpRequest, receiver: Receiver) -> HttpResponse:
        delivery = redelivery.send_test_event(receiver)
        self.log_change(request, receiver, "Sent a test event.")
        self.message_user(request, "Test event queued.")
        return HttpResponseRedirect(reverse("admin:webhooks_delivery_change", args=[delivery.pk]))

    @button("Enable", CHANGE_RECEIVER, shown=lambda receiver: not receiver.enabled, primary=True)
    def enable(self, request: HttpRequest, receiver: Receiver) -> HttpResponse | None:
        disabled_at = redelivery.enable(receiver)
        self.log_change(request, receiver, "Enabled this receiver.")
        if disabled_at is None:
            self.message_user(request, "The receiver is enabled.")
            return None
        self.message_user(request, "The receiver is enabled. You can now replay what it missed.")
        url = reverse("admin:webhooks_receiver_replay", args=[receiver.pk])
        return HttpResponseRedirect(f"{url}?{urlencode({'since': f'{disabled_at:%Y-%m-%dT%H:%M:%S}'})}")

    @button("Disable", CHANGE_RECEIVER, shown=lambda receiver: receiver.enabled and managed_at_desk(receiver))
    def disable(self, request: HttpRequest, receiver: Receiver) -> None:
        receiver.enabled, receiver.disabled_reason = False, f"Disabled by {request.user.get_username()}."
        receiver.save(update_fields=["enabled", "disabled_reason"])
        self.log_change(request, receiver, "Disabled this receiver.")
        self.message_user(request, "Disabled. New events are not sent; you can replay them later.")

    @button("Leave it disabled", CHANGE_RECEIVER, shown=auto_disabled)
    def leave_disabled(self, request: HttpRequest, receiver: Receiver) -> None:
        receiver.disabled_at = None
        receiver.save(update_fields=["disabled_at"])
        self.log_change(request, receiver, "Left this receiver disabled.")
        self.message_user(request, "The receiver stays disabled. Its banner is dismissed.")

    @button("Replay", RESEND, form=ReplayForm)
    def replay(self, request: HttpRequest, receiver: Receiver, form: ReplayForm) -> None:
        since = form.cleaned_data["since"]
        if redelivery.count_replayed_events(receiver, since) > MAX_REPLAYED:
            once.forget(request)
            command = f"manage.py replay --receiver {receiver.pk} --since {since:%Y-%m-%dT%H:%M:%S}"
            text = f"More than {quantity(MAX_REPLAYED, 'event')} are too many for this page. Run: {command}"
            self.message_user(request, text, messages.ERROR)
            return
        chosen = {name: form.cleaned_data[name] for name in ("delivered", "cancelled")}
        batches = redelivery.replay(receiver, since, **chosen)
        count = sum(batch.deliveries for batch in batches)
        queued = quantity(count, "delivery", "deliveries")
        self.log_change(request, receiver, f"Replayed {queued} since {since:%Y-%m-%d %H:%M:%S} UTC.")
        self.message_user(request, f"{queued} queued.")

    @button("Show secret", SEE_SECRET, harmless=True)
    def show_secret(self, request: HttpRequest, receiver: Receiver) -> HttpResponse:
        try:
            secret, error = receiver.secret, ""
        except DecryptionError as problem:
            secret, error = "", str(problem)
        self.log_change(request, receiver, "Viewed the secret.")
        context = {**self.admin_site.each_context(request), "title": "Secret", "opts": self.opts}
        context |= {"original": receiver, "secret": secret, "error": error}
        response = TemplateResponse(request, "webhooks/secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @button("Rotate secret", SEE_SECRET, shown=managed_at_desk, form=RotateForm)
    def rotate_secret(self, request: HttpRequest, receiver: Receiver, form: RotateForm) -> None:
        receiver.rotate_secret(form.overlap)
        self.log_change(request, receiver, "Rotated the secret.")
        self.message_user(request, "The secret was rotated. “Show secret” shows the new one.")

    buttons = (enable, leave_disabled, send_test_event, replay, show_secret, rotate_secret, disable)


def _count(rows: QuerySet[Any]) -> str:
    """How many there are; no index has all deliveries of a receiver, so that among very many few are not found soon."""
    try:
        with time_limit(COUNT_TIME_LIMIT):
            return capped_count(rows, MAX_COUNTED)
    except TimeLimitExceededError:
        return "too many to look through"


def _problem(receiver: Receiver) -> str:
    try:
        _ = receiver.secret, receiver.headers
    except DecryptionError as error:
        return str(error)
    except HeadersError as error:
        return f"Its custom headers are not allowed: {error}"
    return receiver.disabled_reason
