"""API keys: staff make, name, narrow and revoke them."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.decorators import display

from access import keys
from access.models import ApiKey
from access.scopes import Scope
from desk.base import DeskAdmin
from desk.buttons import button


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key as staff describe it."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, help_text="What its holder may do."
    )

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "expires_at"]

    def clean_expires_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["expires_at"]
        if moment and "expires_at" in self.changed_data and moment <= timezone.now():
            raise forms.ValidationError("This moment has passed; to stop a key at once, revoke it.")
        return moment


def not_revoked(key: ApiKey) -> bool:
    """Whether there is something to revoke."""
    return key.revoked_at is None


@admin.register(ApiKey)
class ApiKeyAdmin(DeskAdmin):
    """A key is shown once, on the page that answers its making; later only its prefix is known."""

    form = ApiKeyForm
    list_display = ["name", "begins_with", "allowed", "status", "last_used_at", "expires_at", "created_at"]
    search_fields = ["name", "prefix"]
    readonly_fields = ["begins_with", "status", "created_at", "last_used_at", "revoked_at"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        fields = ["name", "scopes", "expires_at"]
        return [*fields, *self.readonly_fields] if obj else fields

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or not_revoked(obj))

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """Never: what a key did is told by its number and prefix long after it was revoked."""
        return False

    @admin.display(description="begins with")
    def begins_with(self, key: ApiKey) -> str:
        return f"tl_{key.prefix}_…"

    @admin.display(description="scopes")
    def allowed(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description="state", label={"active": "success", "expired": "warning", "revoked": "danger"})
    def status(self, key: ApiKey) -> str:
        return key.state

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if not change:
            _, obj.text = keys.make(obj)  # type: ignore[attr-defined]  # for the answer to this request alone
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """The page that shows the key: an answer that is kept nowhere, neither in a session nor in a cache."""
        context = {**self.admin_site.each_context(request), "title": "Your new API key", "opts": self.opts}
        context |= {"original": obj, "key": obj.text}  # type: ignore[attr-defined]
        response = TemplateResponse(request, "access/key.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @button("Revoke", "access.change_apikey", shown=not_revoked)
    def revoke(self, request: HttpRequest, key: ApiKey) -> None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        self.log_change(request, key, "Revoked.")
        self.message_user(request, "The key is revoked: nobody can use it any more.")

    buttons = (revoke,)
