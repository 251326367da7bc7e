"""Filter of the list of tickets by contact."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import TextFilter

from contacts.email import normalise_email


class ContactFilter(TextFilter):
    """Tickets of one contact, by email address (case-insensitive) or number."""

    title = "contact's email or number"
    parameter_name = "contact"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = (self.value() or "").strip()
        if not value:
            return queryset
        if value.isascii() and value.isdigit() and len(value) <= 18:
            return queryset.filter(contact_id=int(value))
        try:
            return queryset.filter(contact__email=normalise_email(value))
        except ValueError:
            return queryset.none()
