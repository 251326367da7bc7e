"""The command palette (Ctrl K): finds pages, tickets and contacts.

django-unfold's own view is not used: it finds pages alone, and keeps what it found for five minutes.
"""

from collections.abc import Iterator
from time import monotonic

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import Truncator
from unfold.dataclasses import SearchResult

from contacts.search import newest_contacts
from ticketloop.sidebar import navigation
from tickets.admin.search import newest_tickets

MAX_FOUND = 5  # of each kind
TITLE_LENGTH = 80  # characters


@admin.site.admin_view
def search(request: HttpRequest) -> HttpResponse:
    """What `s` finds, as the part of a page that the palette loads."""
    started, query = monotonic(), request.GET.get("s", "").strip()
    results = [*_pages(request, query), *_tickets(request, query), *_contacts(request, query)] if query else []
    if not results:
        return TemplateResponse(request, "ticketloop/nothing_found.html", {"query": query})
    found = Paginator(results, 100)
    context = {"page_obj": found, "results": found.page(1), "page_counter": 0, "execution_time": monotonic() - started}
    # Tells django-unfold's script that there is something to choose from.
    return TemplateResponse(request, "unfold/helpers/command_results.html", context, headers={"HX-Trigger": "search"})


def _pages(request: HttpRequest, query: str) -> Iterator[SearchResult]:
    for group in navigation(request):
        for item in group["items"]:
            if query.lower() in item["title"].lower():
                yield SearchResult(item["title"], "Page", item["link"], item["icon"])


def _tickets(request: HttpRequest, query: str) -> Iterator[SearchResult]:
    if request.user.has_perm("tickets.view_ticket"):
        for ticket in newest_tickets(query, MAX_FOUND):
            title = f"{ticket} {Truncator(ticket.excerpt).chars(TITLE_LENGTH)}"
            link = reverse("admin:tickets_ticket_change", args=[ticket.pk])
            yield SearchResult(title, f"{ticket.status}, {ticket.contact.full_name}", link, "confirmation_number")


def _contacts(request: HttpRequest, query: str) -> Iterator[SearchResult]:
    if request.user.has_perm("contacts.view_contact"):
        for contact in newest_contacts(query, MAX_FOUND):
            link = reverse("admin:contacts_contact_change", args=[contact.pk])
            yield SearchResult(str(contact), contact.caution or "Contact", link, "contacts")
