"""Neighbours of a ticket in the list that staff came from, with its search and filters."""

from copy import copy
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
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
        rows, oldest_first = _rows(page, request, query)
        with time_limit(TIME_LIMIT):
            previous, following = _around(rows, oldest_first, ticket)
    except (IncorrectLookupParameters, DisallowedModelAdminLookup, TimeLimitExceededError):
        return urls
    return urls | {"previous_url": _url(previous, query), "next_url": _url(following, query)}


def _rows(page: "ModelAdmin[Ticket]", request: HttpRequest, query: str) -> tuple[QuerySet[Ticket], bool]:
    """The tickets of the list with this query, and whether the oldest comes first."""
    if query == OPEN:
        return Ticket.objects.filter(status=Ticket.Status.OPEN), False
    listing: Any = copy(request)
    listing.GET = QueryDict(query)
    changes = page.get_changelist_instance(listing)
    first, *_ = changes.get_ordering(listing, changes.queryset)
    return changes.queryset, not str(first).startswith("-")


def _around(rows: QuerySet[Ticket], oldest_first: bool, ticket: Ticket) -> tuple[int | None, int | None]:
    keys = rows.order_by().values_list("pk", flat=True)
    older = keys.filter(pk__lt=ticket.pk).order_by("-pk").first()
    newer = keys.filter(pk__gt=ticket.pk).order_by("pk").first()
    return (older, newer) if oldest_first else (newer, older)


def _url(number: int | None, query: str) -> str:
    if number is None:
        return ""
    return f"{reverse('admin:tickets_ticket_change', args=[number])}?{urlencode({LIST_FILTERS: query})}"
