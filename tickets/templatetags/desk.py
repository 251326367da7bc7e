"""Filters for the templates of the support desk."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.safestring import SafeString

from tickets.desk import words

register = template.Library()


@register.filter
def age(moment: datetime) -> SafeString:
    """How long ago, in words, with the exact time on hover."""
    return words.age(moment)


@register.filter
def duration(length: timedelta | None) -> str:
    """`45 s`, `12 min`, `3.5 h`, `2.1 days`; a dash for None."""
    if length is None:
        return "–"
    seconds = length.total_seconds()
    for unit, size, below in (("s", 1, 60), ("min", 60, 3600)):
        if seconds < below:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


@register.filter
def total(numbers: Iterable[int]) -> int:
    """The sum of the numbers."""
    return sum(numbers)


@register.filter(name="json")
def as_json(value: Any) -> str:
    """The value as JSON, for an attribute: the template escapes it."""
    return json.dumps(value)
