"""Filters of the list of tickets: days and contact."""

from datetime import UTC, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter, TextFilter
from unfold.utils import parse_date_str

from contacts.email import normalise_email


class DaysFilter(RangeDateFilter):
    """From one day to another, both included (UTC); an invalid date is ignored."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        bounds = {}
        for parameter, lookup, moment in (("from", "gte", time.min), ("to", "lte", time.max)):
            if day := parse_date_str(self.used_parameters.get(f"{self.field_path}_{parameter}") or ""):
                bounds[f"{self.field_path}__{lookup}"] = datetime.combine(day, moment, UTC)
        return queryset.filter(**bounds)


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
