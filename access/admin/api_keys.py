"""Pages of API keys: create, edit, revoke."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from access import keys
from access.models import ApiKey
from access.scopes import Scope
from desk.base import DeskAdmin
from desk.buttons import button
from desk.formatting import age, badge, moment, typed
from desk.widgets import CheckboxesWidget, MomentWidget


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key's name, scopes and expiry."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=CheckboxesWidget, help_text="What the key may do. Tick only what it needs."
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "expires_at"]
        field_classes = {"expires_at": forms.DateTimeField}
        widgets = {"expires_at": MomentWidget}

    def clean_expires_at(self) -> datetime | None:
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if expires_at and "expires_at" in self.changed_data and expires_at <= timezone.now():
            raise forms.ValidationError("This time is in the past. To stop a key now, revoke it.")
        try:
            return expires_at and expires_at.astimezone(UTC)  # a time may be sent with a zone
        except OverflowError as error:
            raise forms.ValidationError("Choose a time before the year 10000 (UTC).") from error


class RevokeForm(forms.Form):
    """Confirmation before a key is revoked."""

    explanation = "Whatever uses this key is refused from now on. This cannot be undone."


def not_revoked(key: ApiKey) -> bool:
    """Whether the key can be revoked."""
    return key.revoked_at is None


@admin.register(ApiKey)
class ApiKeyAdmin(DeskAdmin):
    """The list and the page of API keys. A key is shown once, when it is created."""

    form = ApiKeyForm
    sent_twice_hint = "If you did not see the key, revoke this one and add another."
    list_display = ["title", "begins_with", "allowed", "status", "last_use", "expires", "age"]
    search_fields = ["name__fold__matches", "prefix__fold__matches"]
    readonly_fields = ["begins_with", "status", "created_at", "last_used", "revoked_at"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        fields = ["name", "scopes", "expires_at"]
        shown = [name for name in self.readonly_fields if name != "revoked_at" or (obj and obj.revoked_at)]
        return [*fields, *shown] if obj else fields

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or not_revoked(obj))

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Never: history names keys by their prefix, long after they were revoked."""
        return False

    @admin.display(description="name", ordering="name")
    def title(self, key: ApiKey) -> str:
        return typed(key)

    @admin.display(description="key")
    def begins_with(self, key: ApiKey) -> str:
        return f"tl_{key.prefix}_…"

    @admin.display(description="scopes")
    def allowed(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.display(description="state")
    def status(self, key: ApiKey) -> str:
        return badge(key.state)

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, key: ApiKey) -> str:
        return moment(key.last_used_at) if key.last_used_at else "never"

    @admin.display(description="last used", ordering="last_used_at")
    def last_use(self, key: ApiKey) -> str:
        return age(key.last_used_at) if key.last_used_at else "never"

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, key: ApiKey) -> str:
        return moment(key.expires_at) if key.expires_at else "never"

    @admin.display(description="created", ordering="created_at")
    def age(self, key: ApiKey) -> str:
        return age(key.created_at)

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            _, obj.text = keys.generate(obj)  # type: ignore[attr-defined]  # shown by response_add, never stored
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Shows the key in the response itself, so that it is stored neither in a session nor in a cache."""
        context = {**self.admin_site.each_context(request), "title": "Your new API key", "opts": self.opts}
        context |= {"original": obj, "key": obj.text}  # type: ignore[attr-defined]
        response = TemplateResponse(request, "access/key.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @button("Revoke", "access.change_apikey", shown=not_revoked, form=RevokeForm, danger=True)
    def revoke(self, request: HttpRequest, key: ApiKey, form: RevokeForm) -> None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        self.log_change(request, key, "Revoked this key.")
        self.message_user(request, "The key is revoked and can no longer be used.")

    buttons = (revoke,)
