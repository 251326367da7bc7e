"""What the list of tickets shows of each, and in which order."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.db.models import F

from tests.service import Service
from tests.staff import CSRF_TOKEN, Staff
from tickets import services
from tickets.actors import Actor
from tickets.models import Ticket
from webhooks.models import Receiver

LIST = "/admin/tickets/ticket/"


@pytest.fixture
def service(in_process: Service, database: None) -> Service:
    """No browser is needed here."""
    return in_process


def open_tickets(service: Service, count: int) -> list[int]:
    return [service.open_ticket().json()["id"] for _ in range(count)]


def shown(page: str) -> list[int]:
    """The numbers of the tickets in the list, from the top."""
    return [int(each) for each in re.findall(r'aria-label="Select ticket #(\d+)"', page)]


def cells(page: str, column: str) -> list[str]:
    """The texts of a column, from the top."""
    found = re.findall(rf'<t[dh][^>]*class="[^"]*\bfield-{column}\b[^>]*>(.*?)</t[dh]>', page, re.DOTALL)
    return [" ".join(re.sub("<[^>]*>", " ", each).split()) for each in found]


def test_a_ticket_shows_more_than_its_greeting(ada: Staff, service: Service) -> None:
    service.open_ticket(issue_description="Hello,\n\nmy <printer> smokes.\n" + "Please help. " * 100)
    (text,) = cells(ada.get(LIST).text, "text")
    assert text.startswith("Hello, my &lt;printer&gt; smokes. Please help.")
    assert text.endswith("…")


def test_resolved_tickets_show_when_and_by_whom_and_how_long_they_took(ada: Staff, service: Service) -> None:
    first, second, third, imported = open_tickets(service, 4)
    services.resolve_tickets([second], Actor("grace"))
    services.resolve_tickets([first], Actor("grace"))
    services.reopen_tickets([first], Actor("grace"))
    services.resolve_tickets([first], Actor("hopper"))
    services.resolve_tickets([third])
    Ticket.objects.filter(pk=imported).update(status="resolved", resolved_at=F("created_at") - timedelta(days=4))
    Ticket.objects.filter(pk=second).update(created_at=F("resolved_at") - timedelta(hours=3))
    page = ada.get(f"{LIST}?status__exact=resolved").text
    assert shown(page) == [third, first, second, imported]
    resolved = cells(page, "resolved")
    assert resolved[:3] == ["just now by a client of the API", "just now by hopper", "just now by grace"]
    assert resolved[3] == "4 days ago"
    assert cells(page, "took")[2] == "3.0 h"
    assert cells(page, "state") == []
    assert cells(ada.get(LIST).text, "age")[2] == "took 3.0 h"


def test_a_resolved_list_can_be_sorted_from_the_other_end(ada: Staff, service: Service) -> None:
    numbers = open_tickets(service, 3)
    for each in numbers:
        services.resolve_tickets([each])
    path = f"{LIST}?status__exact=resolved"
    page = ada.get(path).text
    header = re.findall(r'href="(\?[^"]*\bo=[^"]*)"[^>]*>\s*Resolved\s*<', page)[0]
    assert shown(page) == numbers[::-1]
    assert shown(ada.get(LIST + header.replace("&amp;", "&")).text) == numbers


def test_the_longest_waiting_can_be_first(ada: Staff, service: Service) -> None:
    numbers = open_tickets(service, 3)
    path = f"{LIST}?status__exact=open"
    for title, order in (("Longest waiting first", numbers), ("Newest first", numbers[::-1])):
        (link,) = re.findall(rf'href="([^"]*)">{title}<', ada.get(path).text)
        path = LIST + link.replace("&amp;", "&")
        assert shown(ada.get(path).text) == order
    assert "Longest waiting first" not in ada.get(f"{LIST}?status__exact=resolved").text


def test_webhooks_have_a_column_where_there_are_receivers(ada: Staff, service: Service) -> None:
    service.open_ticket()
    assert cells(ada.get(LIST).text, "webhooks") == []
    Receiver.objects.create(url="http://127.0.0.1:9/")
    service.open_ticket()
    assert cells(ada.get(LIST).text, "webhooks") == ["pending", "–"]


def test_after_a_row_s_resolve_the_list_opens_at_the_next_row(ada: Staff, service: Service) -> None:
    first, second, third = open_tickets(service, 3)

    def resolve(path: str, number: int) -> str:
        (url,) = re.findall(rf'formaction="([^"]*)"[^>]*aria-label="Resolve #{number}"', ada.get(path).text)
        return ada.post(url.replace("&amp;", "&")).headers["Location"]

    path = f"{LIST}?status__exact=open"
    assert resolve(path, second) == f"{path}#ticket-{first}"
    assert resolve(path, first) == f"{path}#ticket-{third}"
    assert resolve(path, third) == path
    services.reopen_tickets([first])
    assert resolve(LIST, first) == f"{LIST}?#ticket-{first}"
    assert f'id="ticket-{first}"' in ada.get(LIST).text
    services.reopen_tickets([first])
    hostile = f"{LIST}{first}/resolve-one/?from=list&row=%22%3E%0d%0ax"
    answer = ada.request("POST", hostile, data={"csrfmiddlewaretoken": CSRF_TOKEN})
    assert answer.headers["Location"] == f"{LIST}?"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (f"{LIST}?status__exact=open", "No open tickets."),
        (f"{LIST}?status__exact=resolved", "No resolved tickets."),
        (LIST, "No tickets."),
        (f"{LIST}?status__exact=open&q=nothing", "No ticket matches."),
        (f"{LIST}?contact=nobody@example.com", "No ticket matches."),
        ("/admin/contacts/contact/", "No contacts."),
        ("/admin/contacts/contact/?q=nobody", "No contact matches."),
        ("/admin/webhooks/delivery/?state__exact=dead", "No delivery matches."),
    ],
)
def test_an_empty_list_says_so(ada: Staff, path: str, text: str) -> None:
    page = ada.get(path).text
    assert text in page
    whole = re.findall('href="([^"]*)">Clear search and filters', page)
    tab = "status__exact=open" if "=open" in path else ""
    assert whole == ([f"?{tab}"] if text.endswith("matches.") else [])


def test_the_filters_button_stands_out_only_while_it_filters(ada: Staff, service: Service) -> None:
    def stands_out(query: str) -> bool:
        (classes,) = re.findall(r'<a class="([^"]*)"[^>]*>\s*Filters', ada.get(f"{LIST}?{query}").text)
        return "bg-primary-600" in classes

    service.open_ticket()
    assert not stands_out("status__exact=open")
    assert not stands_out("status__exact=open&q=x&o=1")
    assert not stands_out("status__exact=open&contact=&created_at_from=")
    assert stands_out("status__exact=open&contact=1")
    assert stands_out("created_at_from=2020-01-01")


def test_contacts_are_listed_newest_first_and_linked_by_their_address(ada: Staff, service: Service) -> None:
    old, new = (service.open_ticket(email=f"{name}@example.com").json()["contact_id"] for name in ("old", "new"))
    page = ada.get("/admin/contacts/contact/").text
    assert page.index("new@example.com") < page.index("old@example.com")
    for contact, email in ((old, "old@example.com"), (new, "new@example.com")):
        assert re.search(rf'href="/admin/contacts/contact/{contact}/change/[^"]*"[^>]*>\s*{email}', page)


@pytest.mark.parametrize("other_end", [False, True])
def test_next_and_previous_follow_the_list_of_resolved_tickets(ada: Staff, service: Service, other_end: bool) -> None:
    numbers = open_tickets(service, 4)
    services.resolve_tickets([numbers[1]])
    services.resolve_tickets([numbers[0], numbers[3]])  # at the same moment
    services.resolve_tickets([numbers[2]])
    query = "status__exact=resolved"
    if other_end:
        query = re.findall(r'href="\?([^"]*\bo=[^"]*)"[^>]*>\s*Resolved\s*<', ada.get(f"{LIST}?{query}").text)[0]
    query = query.replace("&amp;", "&")
    expected = shown(ada.get(f"{LIST}?{query}").text)
    pages = [f"{LIST}{each}/change/?{urlencode({'_changelist_filters': query})}" for each in expected]
    assert [neighbour(ada, page, "j") for page in pages] == [*pages[1:], ""]
    assert [neighbour(ada, page, "k") for page in pages] == ["", *pages[:-1]]
    services.reopen_tickets([numbers[1]])
    page = f"{LIST}{numbers[1]}/change/?{urlencode({'_changelist_filters': query})}"
    assert (neighbour(ada, page, "j"), neighbour(ada, page, "k")) == ("", "")


def neighbour(staff: Staff, path: str, key: str) -> str:
    """Where the key leads from this page; empty if nowhere."""
    return unescape("".join(re.findall(rf'data-key="{key}" href="([^"]*)"', staff.get(path).text)))
