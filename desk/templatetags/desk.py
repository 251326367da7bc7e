"""`{% load desk %}`: template filters and tags of the support desk."""

import json
from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.text import capfirst

from desk import formatting, history

register = template.Library()
register.filter("age", formatting.age)
register.filter("badge", formatting.badge)
register.filter("duration", formatting.duration)
register.filter("elapsed", formatting.elapsed)
register.filter("moment", formatting.moment)
register.filter("or_dash", formatting.or_dash)
register.filter("sentence", history.sentence)
register.filter("typed", formatting.typed)
register.filter("until", formatting.until)
register.simple_tag(formatting.quantity, name="quantity")


@register.filter
def total(numbers: Iterable[int]) -> int:
    """The sum of the numbers."""
    return sum(numbers)


@register.filter(name="json")
def as_json(value: Any) -> str:
    """The value as JSON for an HTML attribute; the template escapes it."""
    return json.dumps(value)


@register.simple_tag(takes_context=True)
def breadcrumbs(context: Context) -> list[tuple[str, str]]:
    """The way to this page: titles and URLs, with an empty URL for the page itself."""
    opts, title = context.get("opts"), str(context.get("content_title") or context.get("title", ""))
    if not opts:
        return [(title, "")]
    model = f"admin:{opts.app_label}_{opts.model_name}"
    section = reverse("admin:app_list", args=[opts.app_label])
    crumbs = [(capfirst(opts.app_config.verbose_name), section), (capfirst(opts.verbose_name_plural), "")]
    original = context.get("original") or context.get("object")
    own_title = original is None if "adminform" in context else "cl" not in context
    if original or own_title:
        crumbs[1] = (crumbs[1][0], reverse(f"{model}_changelist"))
    if original:
        crumbs.append((str(original), reverse(f"{model}_change", args=[original.pk]) if own_title else ""))
    return [*crumbs, (title, "")] if own_title else crumbs
