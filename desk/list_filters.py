"""What the query of a list may hold: the parameters of an admin's `list_filter`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from desk.days_filter import BOUNDS, DaysFilter, parse_day

# What filters of Django and django-unfold append to the name of their field.
SUFFIXES = ("__exact", "__id__exact", "__isnull", "_from", "_to")


def parameters(list_filter: Sequence[Any]) -> Iterator[str]:
    """The query parameters of an admin's `list_filter`."""
    for each in list_filter:
        if isinstance(each, str | tuple):
            field = each if isinstance(each, str) else each[0]
            yield from (field + suffix for suffix in SUFFIXES)
        else:
            yield each.parameter_name


def invalid_days(list_filter: Sequence[Any], query: Mapping[str, str]) -> list[str]:
    """The parameters of the query that should be a day, and are none."""
    days = [each[0] for each in list_filter if isinstance(each, tuple) and issubclass(each[1], DaysFilter)]
    names = (f"{field}_{bound}" for field in days for bound in BOUNDS)
    return [name for name in names if not _is_day(query.get(name))]


def _is_day(text: str | None) -> bool:
    """Whether a filter can use it; an empty one is no filter."""
    try:
        return not text or bool(parse_day(text))
    except ValueError:
        return False
