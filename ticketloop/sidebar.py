"""Sidebar of the support desk, limited to what the user may see."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse


class Entry(NamedTuple):
    """A link in the sidebar, shown to users with a permission."""

    title: str
    icon: str
    permission: str
    view: str
    query: str = ""


GROUPS = {
    "Support": [
        Entry("Tickets", "confirmation_number", "tickets.view_ticket", "tickets_ticket", "?status__exact=open"),
        Entry("Contacts", "contacts", "contacts.view_contact", "contacts_contact"),
    ],
    "Webhooks": [
        Entry("Receivers", "webhook", "webhooks.view_receiver", "webhooks_receiver"),
        Entry("Deliveries", "outbox", "webhooks.view_delivery", "webhooks_delivery"),
    ],
    "Administration": [
        Entry("API keys", "key", "access.view_apikey", "access_apikey"),
        Entry("Staff", "badge", "access.view_staffmember", "access_staffmember"),
        Entry("Roles", "group", "access.view_role", "access_role"),
    ],
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of links that this user may see (called by django-unfold for each page)."""
    home = {"title": "Home", "icon": "space_dashboard", "link": reverse("admin:index")}
    groups = [{"items": [home], "separator": False}]
    for title, entries in GROUPS.items():
        if items := _items(request, entries):
            groups.append({"title": title, "items": items, "separator": True})
    return groups


def _items(request: HttpRequest, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    return [
        {"title": entry.title, "icon": entry.icon, "link": reverse(f"admin:{entry.view}_changelist") + entry.query}
        for entry in entries
        if request.user.has_perm(entry.permission)
    ]
