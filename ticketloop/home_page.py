"""What every page of the support desk shows, and its home page."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib import admin
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from tickets.admin.home_figures import DAYS, chart, take_picture
from webhooks import statistics
from webhooks.alerts import disabled_receivers

FRESH = 60  # seconds for which a process shows the same figures again
T = TypeVar("T")


def context(request: HttpRequest) -> dict[str, Any]:
    """The banner's receivers, for those who may see them (called by django-unfold for each page)."""
    return {"given_up": disabled_receivers() if request.user.has_perm("webhooks.view_receiver") else []}


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds today's picture, as far as this user may see it (called by django-unfold for the home page)."""
    context["chart_days"] = DAYS
    if request.user.has_perm("tickets.view_ticket"):
        picture = _fresh("desk-picture", take_picture)
        context |= {"picture": picture, "chart": chart(picture)}
        context["may_see_contacts"] = request.user.has_perm("contacts.view_contact")
    if request.user.has_perm("webhooks.view_receiver"):
        context["webhooks"] = _fresh("desk-webhooks", statistics.health)
    return context


@admin.site.admin_view
def search(request: HttpRequest) -> HttpResponse:
    """What the command palette (Ctrl K) finds: the first page, as django-unfold answers a malformed `page` with 500."""
    query: Any = request.GET.copy()
    query.pop("page", None)
    request.GET = query
    site: Any = admin.site  # django-unfold's
    return cast(HttpResponse, site.search(request))


def _fresh(key: str, compute: Callable[[], T]) -> T:
    return cast(T, cache.get_or_set(key, compute, FRESH))
