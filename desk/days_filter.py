"""Filter of a list by day."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.widgets import INPUT_CLASSES

BOUNDS = {"from": ("gte", time.min), "to": ("lte", time.max)}


def parse_day(text: str) -> date:
    """The day that is written like 2026-11-27. Raises ValueError."""
    return datetime.strptime(text.strip(), "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone


class DaysForm(forms.Form):
    """Two inputs, for which browsers have a calendar."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for bound in BOUNDS:
            widget = forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, "%Y-%m-%d")
            self.fields[f"{name}_{bound}"] = forms.DateField(label=bound.capitalize(), required=False, widget=widget)


class DaysFilter(RangeDateFilter):
    """From one day to another, both included (UTC). Lists of `DeskAdmin` say what they did not understand."""

    form_class = DaysForm
    template = "desk/days_filter.html"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        bounds = {}
        for bound, (lookup, moment) in BOUNDS.items():
            if text := self.used_parameters.get(f"{self.field_path}_{bound}"):
                bounds[f"{self.field_path}__{lookup}"] = datetime.combine(_day(str(text)), moment, UTC)
        return queryset.filter(**bounds)


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueError as error:
        raise IncorrectLookupParameters(str(error)) from error
