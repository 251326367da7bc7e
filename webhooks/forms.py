"""Forms about receivers at the support desk."""

from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from desk.widgets import CheckboxesWidget
from webhooks import headers
from webhooks.encryption import DecryptionError
from webhooks.models import EventType, Receiver, every_event

MAX_URL_LENGTH = 2000
MAX_OVERLAP_HOURS = 30 * 24  # hours


class ReceiverForm(forms.ModelForm):  # type: ignore[type-arg]
    """A receiver's settings."""

    url = forms.CharField(
        label="URL",
        max_length=MAX_URL_LENGTH,
        help_text="Events are sent here with POST. Begins with https:// or http://.",
        widget=UnfoldAdminTextInputWidget,
    )
    events = forms.MultipleChoiceField(choices=EventType.choices, initial=every_event, widget=CheckboxesWidget)
    timeout = forms.FloatField(
        label="Time limit",
        min_value=1,
        max_value=60,
        initial=10,
        help_text="Seconds to wait for an answer (1–60), including connecting.",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number", "step": "any"}),
    )
    custom_headers = forms.CharField(
        label="Custom headers",
        required=False,
        strip=True,
        max_length=headers.MAX_HEADERS * headers.MAX_VALUE_LENGTH,
        help_text="One per line, for example Authorization: Bearer … Stored encrypted.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = Receiver
        fields = ["description", "url", "events", "body_format", "timeout"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            lines = self.instance.header_lines
        except DecryptionError:
            lines = ""  # the page shows the error; headers typed here replace the lost ones
        if "custom_headers" in self.fields:
            self.fields["custom_headers"].initial = lines

    def clean_custom_headers(self) -> dict[str, str]:
        try:
            return headers.parse(self.cleaned_data["custom_headers"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def save(self, commit: bool = True) -> Any:
        """Saves the receiver, with its headers if they were changed."""
        if "custom_headers" in self.changed_data:
            self.instance.headers = self.cleaned_data["custom_headers"]
        return super().save(commit)


class RotateForm(forms.Form):
    """Overlap of the old and the new secret."""

    explanation = (
        "A new secret is generated. For the time chosen here webhooks carry signatures by both secrets, so that the "
        "receiver can switch without rejecting any."
    )
    hours = forms.IntegerField(
        label="Keep signing with the old secret for (hours)",
        min_value=0,
        max_value=MAX_OVERLAP_HOURS,
        initial=24,
        help_text=f"0–{MAX_OVERLAP_HOURS}. Use 0 if the old secret has leaked.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    @property
    def overlap(self) -> timedelta:
        """The hours as a timedelta."""
        return timedelta(hours=self.cleaned_data["hours"])


class ReplayForm(forms.Form):
    """Which events to send to a receiver again."""

    explanation = (
        "Sends every event since this time that the receiver subscribes to, oldest first, including events that it "
        "missed while it was disabled. Each keeps its webhook-id."
    )
    since = forms.DateTimeField(
        label="Since (UTC)",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"}),
        error_messages={"invalid": "Enter a time such as 2026-11-24T09:30."},
    )
    delivered = forms.BooleanField(
        label="Include events already delivered",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="Use this if the receiver lost data.",
    )
    cancelled = forms.BooleanField(
        label="Include cancelled deliveries",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="Those that staff cancelled, or the erasure of a contact.",
    )
