"""Neighbours of a ticket in the list that staff came from, with its search and filters."""

from copy import copy
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from core.time_limit import TimeLimitExceededError, time_limit
from tickets.models import Ticket

LIST_FILTERS = "_changelist_filters"  # Django's parameter for the list's own query
OPEN = "status__exact=open"
TIME_LIMIT = 0.25  # seconds; beyond it a page is shown without the links


def neighbours(page: "ModelAdmin[Ticket]", request: HttpRequest, ticket: Ticket) -> dict[str, str]:
    """URLs of the list and of the tickets above (`previous_url`) and below (`next_url`), empty where there is none.

    Without a list to come from, it is that of open tickets.
    """
    query = request.GET.get(LIST_FILTERS, OPEN)
    urls = {"list_url": f"{reverse('admin:tickets_ticket_changelist')}?{query}", "previous_url": "", "next_url": ""}
    try:
        rows, ordering = _rows(page, request, query)
        with time_limit(TIME_LIMIT):
            previous, following = _around(rows, ordering, ticket)
    except (IncorrectLookupParameters, DisallowedModelAdminLookup, TimeLimitExceededError):
        return urls
    return urls | {"previous_url": _url(previous, query), "next_url": _url(following, query)}


def _rows(page: "ModelAdmin[Ticket]", request: HttpRequest, query: str) -> tuple[QuerySet[Ticket], list[str]]:
    """The tickets of the list with this query, and the fields that sort it, of which the last is the key."""
    if query == OPEN:
        return Ticket.objects.filter(status=Ticket.Status.OPEN), ["-pk"]
    listing: Any = copy(request)
    listing.GET = QueryDict(query)
    changes = page.get_changelist_instance(listing)
    ordering = [str(each) for each in changes.get_ordering(listing, changes.queryset)]
    key = next(place for place, each in enumerate(ordering) if each.endswith("pk"))
    return changes.queryset, ordering[: key + 1]


def _around(rows: QuerySet[Ticket], ordering: list[str], ticket: Ticket) -> tuple[int | None, int | None]:
    """The tickets above and below; none where this one, reopened, has no place among the resolved ones."""
    if any(getattr(ticket, each.lstrip("-")) is None for each in ordering):
        return None, None
    backwards = [each[1:] if each.startswith("-") else f"-{each}" for each in ordering]
    above, below = (_next(rows, direction, ticket) for direction in (backwards, ordering))
    return above, below


def _next(rows: QuerySet[Ticket], ordering: list[str], ticket: Ticket) -> int | None:
    return rows.filter(_after(ordering, ticket)).order_by(*ordering).values_list("pk", flat=True).first()


def _after(ordering: list[str], ticket: Ticket) -> Q:
    """The rows that come later in this order (keyset pagination)."""
    first, *rest = ordering
    name, lookup = first.lstrip("-"), "lt" if first.startswith("-") else "gt"
    own = getattr(ticket, name)
    later = Q((f"{name}__{lookup}", own))
    # `>=` on top of the OR, as an index cannot start at an OR.
    return Q((f"{name}__{lookup}e", own)) & (later | _after(rest, ticket)) if rest else later


def _url(number: int | None, query: str) -> str:
    if number is None:
        return ""
    return f"{reverse('admin:tickets_ticket_change', args=[number])}?{urlencode({LIST_FILTERS: query})}"
