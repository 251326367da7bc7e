"""With `limit` a list comes in pages, linked as in RFC 8288."""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection

from tests.processes import Gunicorn
from tests.service import Service

COUNT = 25
ORDERINGS = {"id": ("id",), "created_at": ("created_at", "id")}


@pytest.fixture
def tickets(service: Service) -> list[dict[str, Any]]:
    """Tickets whose times are not in the order of their ids; some are equal."""
    for number in range(COUNT):
        service.open_ticket(email=f"ada{number}@example.com")
    with connection.cursor() as cursor:
        for table in ("tickets", "contacts"):
            cursor.execute(f"UPDATE {table} SET created_at = created_at - (id % 5) * interval '1 hour'")
            cursor.execute(f"UPDATE {table} SET created_at = date_trunc('hour', created_at)")
    listed: list[dict[str, Any]] = service.request("GET", "/api/v1/tickets").json()
    return listed


def pages(service: Service, path: str, relation: str = "next") -> Iterator[list[dict[str, Any]]]:
    """The page at this path and all following ones, by their links."""
    url: str | None = service.url + path
    while url:
        response = service.request("GET", url.removeprefix(service.url))
        assert response.status_code == 200
        yield response.json()
        url = response.links.get(relation, {}).get("url")


def in_order(tickets: list[dict[str, Any]], ordering: str) -> list[dict[str, Any]]:
    columns = ORDERINGS[ordering.removeprefix("-")]
    return sorted(tickets, key=lambda each: [each[column] for column in columns], reverse=ordering.startswith("-"))


@pytest.mark.parametrize("ordering", ["id", "-id", "created_at", "-created_at"])
def test_the_pages_together_are_the_list(service: Service, tickets: list[dict[str, Any]], ordering: str) -> None:
    for limit in (1, 7, COUNT, 1000):
        found = list(pages(service, f"/api/v1/tickets?limit={limit}&ordering={ordering}"))
        assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
        assert [*chain(*found)] == in_order(tickets, ordering)
    assert service.request("GET", f"/api/v1/tickets?ordering={ordering}").json() == in_order(tickets, ordering)


@pytest.mark.parametrize("ordering", ["id", "-created_at"])
def test_the_links_lead_back_the_same_way(service: Service, tickets: list[dict[str, Any]], ordering: str) -> None:
    path = f"/api/v1/tickets?limit=6&ordering={ordering}&q=broken"
    forward = list(pages(service, path))
    last = service.request("GET", path)
    while "next" in last.links:
        last = service.request("GET", last.links["next"]["url"].removeprefix(service.url))
    backward = list(pages(service, last.links["prev"]["url"].removeprefix(service.url), "prev"))
    assert [*reversed(backward), forward[-1]] == forward
    assert service.request("GET", last.links["first"]["url"].removeprefix(service.url)).json() == forward[0]


def test_the_only_page_has_no_neighbours(service: Service, tickets: list[dict[str, Any]]) -> None:
    assert set(service.request("GET", f"/api/v1/tickets?limit={COUNT}").links) == {"first"}
    nothing = service.request("GET", "/api/v1/tickets?limit=5&q=unheard-of")
    assert (nothing.json(), set(nothing.links)) == ([], {"first"})


@pytest.mark.parametrize("ordering", ["id", "-id", "created_at", "-created_at"])
def test_pages_stay_as_they_were_while_tickets_are_added(
    service: Service, tickets: list[dict[str, Any]], ordering: str
) -> None:
    seen: list[dict[str, Any]] = []
    for page in pages(service, f"/api/v1/tickets?limit=5&ordering={ordering}"):
        seen += page
        if len(seen) <= COUNT:
            service.open_ticket(issue_description="new")
    assert [each for each in seen if each["issue_description"] != "new"] == in_order(tickets, ordering)
    assert len({each["id"] for each in seen}) == len(seen)


def test_contacts_come_in_pages_too(service: Service, tickets: list[dict[str, Any]]) -> None:
    contacts = [ticket["contact"] for ticket in tickets]
    for ordering in ("-id", "created_at"):
        found = list(pages(service, f"/api/v1/contacts?limit=10&ordering={ordering}"))
        assert [*chain(*found)] == in_order(contacts, ordering)


def test_a_link_keeps_the_filters_and_the_host(service: Service, tickets: list[dict[str, Any]]) -> None:
    query = urlencode({"limit": 2, "q": "<Ada & co> 100%_"})
    service.open_ticket(email="x@example.com", full_name="a <Ada & CO> 100%_")
    for _ in range(4):
        service.open_ticket(email="x@example.com")
    found = list(pages(service, f"/api/v1/tickets?{query}"))
    assert [len(page) for page in found] == [2, 2, 1]


def test_head_of_a_page_has_its_links(gunicorn: Gunicorn, tickets: list[dict[str, Any]]) -> None:
    path = "/api/v1/tickets?limit=3"
    head, get = gunicorn.request("HEAD", path), gunicorn.request("GET", path)
    assert (head.status_code, head.content, head.links) == (200, b"", get.links)
