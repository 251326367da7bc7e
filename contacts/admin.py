"""Contacts in the support desk; `tickets.admin` lists their tickets beneath them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from contacts.fields import NormalisedEmailFormField
from contacts.models import Contact
from ticketloop.admin import DeskAdmin


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """Keeps what staff type to the rules that the API keeps."""

    email = NormalisedEmailFormField()

    class Meta:
        model = Contact
        fields = ["full_name", "email"]


@admin.register(Contact)
class ContactAdmin(DeskAdmin):
    """People who opened tickets. They come with their first ticket and stay as long as they have one."""

    form = ContactForm
    list_display = ["id", "full_name", "email", "created_at"]
    list_display_links = ["id", "full_name"]
    search_fields = ["full_name", "email"]
    list_filter = ["created_at"]
    readonly_fields = ["created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
