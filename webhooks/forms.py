"""What staff fill in about receivers."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from webhooks import headers
from webhooks.encryption import UnsealError
from webhooks.models import EventType, Receiver, every_event

LONGEST_URL = 2000
MOST_OVERLAP = 30 * 24  # hours


class ReceiverForm(forms.ModelForm):  # type: ignore[type-arg]
    """A receiver as staff describe it."""

    url = forms.CharField(
        label="URL",
        max_length=LONGEST_URL,
        help_text="http or https; each event is POSTed there.",
        widget=UnfoldAdminTextInputWidget,
    )
    events = forms.MultipleChoiceField(
        choices=EventType.choices, initial=every_event, widget=forms.CheckboxSelectMultiple
    )
    timeout = forms.FloatField(
        label="Time limit",
        min_value=1,
        max_value=60,
        initial=10,
        help_text="Seconds, from 1 to 60, within which it must answer, connecting included.",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number", "step": "any"}),
    )
    own_headers = forms.CharField(
        label="Own headers",
        required=False,
        strip=True,
        max_length=headers.MOST * headers.LONGEST_VALUE,
        help_text="One `Name: value` a line, such as `Authorization: Bearer …`. Stored encrypted.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )

    class Meta:
        model = Receiver
        fields = ["description", "url", "events", "body_format", "timeout"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            lines = [f"{name}: {value}" for name, value in self.instance.headers.items()]
        except UnsealError:
            lines = []  # the page says so; what is typed here replaces them
        if "own_headers" in self.fields:
            self.fields["own_headers"].initial = "\n".join(lines)

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            prepared = requests.Request("POST", url).prepare().url
            parts = urlsplit(prepared or "")
            _ = parts.port
        except (requests.RequestException, ValueError):
            raise forms.ValidationError("This is no URL; write one such as https://example.com/hook.") from None
        if parts.scheme not in {"http", "https"}:
            raise forms.ValidationError("The URL must begin with http:// or https://.")
        if parts.username or parts.password:
            raise forms.ValidationError("No name or password in the URL: use an `Authorization` header below.")
        if parts.fragment:
            raise forms.ValidationError("A receiver never sees what follows a `#`; leave it out.")
        return url

    def clean_own_headers(self) -> dict[str, str]:
        try:
            return headers.parse(self.cleaned_data["own_headers"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def save(self, commit: bool = True) -> Any:
        """Stores the headers encrypted, if they were changed."""
        if "own_headers" in self.changed_data:
            self.instance.headers = self.cleaned_data["own_headers"]
        return super().save(commit)


class RotateForm(forms.Form):
    """How long the old secret goes on signing."""

    explanation = (
        "A new secret is made and signs from now on. For a while the old one signs along with it, so that the "
        "receiver can change over without missing anything."
    )
    hours = forms.IntegerField(
        label="Hours for which the old secret signs too",
        min_value=0,
        max_value=MOST_OVERLAP,
        initial=24,
        help_text=f"From 0 (the old secret is in the wrong hands) to {MOST_OVERLAP}.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    @property
    def overlap(self) -> timedelta:
        """The time that was typed."""
        return timedelta(hours=self.cleaned_data["hours"])


class ReplayForm(forms.Form):
    """Since when a receiver is sent its events again."""

    explanation = (
        "Every event that the receiver subscribes to since this moment is put on its way, oldest first, those "
        "included that it missed while it was disabled. Each keeps its webhook-id."
    )
    since = forms.DateTimeField(
        label="Since (UTC)",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local", "step": "1"}),
        error_messages={"invalid": "Write a moment such as 2026-11-24T09:30."},
    )
    delivered = forms.BooleanField(
        label="Also what it took already",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="As after a loss of data.",
    )
