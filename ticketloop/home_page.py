"""Callbacks of django-unfold: the banner on every page and the figures on the home page."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.http import HttpRequest

from tickets.admin.home_figures import DAYS, chart, compute_figures
from webhooks import statistics
from webhooks.alerts import disabled_receivers

CACHE_SECONDS = 60
T = TypeVar("T")


def context(request: HttpRequest) -> dict[str, Any]:
    """GLOBAL_CALLBACK: the receivers in the banner, for users who may see receivers."""
    return {"auto_disabled": disabled_receivers() if request.user.has_perm("webhooks.view_receiver") else []}


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """DASHBOARD_CALLBACK: adds the figures that this user may see."""
    context["chart_days"] = DAYS
    if request.user.has_perm("tickets.view_ticket"):
        figures = _cached("desk-figures", compute_figures)
        context |= {"figures": figures, "chart": chart(figures)}
        context["may_see_contacts"] = request.user.has_perm("contacts.view_contact")
    if request.user.has_perm("webhooks.view_receiver"):
        context["webhooks"] = _cached("desk-webhooks", statistics.health)
    return context


def _cached(key: str, compute: Callable[[], T]) -> T:
    return cast(T, cache.get_or_set(key, compute, CACHE_SECONDS))
