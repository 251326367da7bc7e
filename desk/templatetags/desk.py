"""`{% load desk %}`: template filters and tags of the support desk."""

import json
from collections.abc import Iterable
from typing import Any

from django import template

from desk import formatting

register = template.Library()
register.filter("age", formatting.age)
register.filter("badge", formatting.badge)
register.filter("duration", formatting.duration)
register.filter("moment", formatting.moment)
register.filter("typed", formatting.typed)
register.simple_tag(formatting.quantity, name="quantity")


@register.filter
def total(numbers: Iterable[int]) -> int:
    """The sum of the numbers."""
    return sum(numbers)


@register.filter(name="json")
def as_json(value: Any) -> str:
    """The value as JSON for an HTML attribute; the template escapes it."""
    return json.dumps(value)
