"""Admin of contacts. Apps above extend its page with `add_buttons` and `add_panel`."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminEmailInputWidget

from contacts.email import MAX_LENGTH
from contacts.fields import NormalisedEmailFormField
from contacts.models import Contact
from desk import formatting
from desk.base import DeskAdmin
from desk.days_filter import DaysFilter


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """Form with the validation of the API."""

    email = NormalisedEmailFormField(
        widget=UnfoldAdminEmailInputWidget(attrs={"maxlength": MAX_LENGTH}),
        error_messages={"unique": "Another contact has this address."},
    )

    class Meta:
        model = Contact
        fields = ["full_name", "email"]


@admin.register(Contact)
class ContactAdmin(DeskAdmin):
    """Contacts are created with their first ticket and never deleted."""

    form = ContactForm
    list_display = ["name", "marked_email", "age", "id"]
    list_display_links = ["name", "marked_email"]
    ordering = ["-id"]
    search_fields = ["search_text__matches"]
    list_filter = [("created_at", DaysFilter)]
    list_filter_submit = True
    readonly_fields = ["created_at", "caution"]

    @admin.display(description="full name", ordering="full_name")
    def name(self, contact: Contact) -> str:
        return formatting.typed(contact.full_name)

    @admin.display(description="email", ordering="email")
    def marked_email(self, contact: Contact) -> str:
        return formatting.marked(contact.email, contact.caution)

    @admin.display(description="created", ordering="created_at")
    def age(self, contact: Contact) -> str:
        return formatting.age(contact.created_at)

    def get_fields(self, request: HttpRequest, obj: Contact | None = None) -> Any:
        """Without `caution` where there is nothing to say."""
        fields = list(super().get_fields(request, obj))
        return fields if obj and obj.caution else [field for field in fields if field != "caution"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_erased)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
