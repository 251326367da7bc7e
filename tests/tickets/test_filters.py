"""Filters narrow a list, as a page and streamed whole."""

from typing import Any

import pytest

from tests.service import Service
from tickets.models import Ticket

TEXTS = {
    "ada@example.com": ("Ada O'Brien", "The <b>printer</b> is at 100%"),
    "grace@example.org": ("Grace Hopper", "A bug_in the relay"),
    "émile@example.net": ("Émile Zola", "Straße gesperrt, 日本語の説明"),
}

TICKETS: list[tuple[dict[str, str], str]] = [
    ({}, "age"),
    ({"status": "open"}, "ge"),
    ({"status": "resolved"}, "a"),
    ({"status": "open", "ordering": "-created_at"}, "eg"),
    ({"email": " GRACE@Example.ORG "}, "g"),
    ({"email": "E\u0301mile@example.net"}, "e"),
    ({"email": "nobody@example.com"}, ""),
    ({"created_after": "2026-03-01T12:00:00.000001Z"}, "ge"),
    ({"created_after": "2026-03-01T12:00:00Z"}, "age"),
    ({"created_before": "2026-03-02T13:00:00.000001+01:00"}, "a"),
    ({"created_after": "2026-03-01t12:30:00z", "created_before": "2026-03-03T00:00:00-05:00"}, "g"),
    ({"created_after": "2026-03-01T12:30:00Z", "ordering": "-created_at"}, "eg"),
    ({"resolved_after": "2026-03-05T07:59:59.999Z"}, "a"),
    ({"resolved_after": "2026-03-05T08:00:00Z"}, ""),
    ({"resolved_before": "2026-03-05T08:00:00.1Z", "status": "resolved"}, "a"),
    ({"q": "o'brien"}, "a"),
    ({"q": "<b>"}, "a"),
    ({"q": "&lt;b&gt;"}, ""),
    ({"q": "100%"}, "a"),
    ({"q": "bug_in"}, "g"),
    ({"q": "bug-in"}, ""),
    ({"q": "b%g"}, ""),
    ({"q": "EXAMPLE."}, "age"),
    ({"q": "example.", "status": "open", "ordering": "-id"}, "eg"),
    ({"q": "émile"}, "e"),
    ({"q": "ÉMILE ZOLA"}, "e"),
    ({"q": "日本語"}, "e"),
    ({"q": "printer", "email": "grace@example.org"}, ""),
]
CONTACTS: list[tuple[dict[str, str], str]] = [
    ({"email": "ADA@example.com"}, "a"),
    ({"q": "hopper"}, "g"),
    ({"q": "example.net"}, "e"),
    ({"q": "printer"}, ""),
    ({"created_after": "2020-01-01T00:00:00Z", "ordering": "-id"}, "ega"),
    ({"created_before": "2020-01-01T00:00:00Z"}, ""),
]


@pytest.fixture
def ids(service: Service) -> dict[str, int]:
    """Three tickets a day apart, the first resolved; their ids by the contact's first letter."""
    created = [
        service.open_ticket(email=email, full_name=name, issue_description=text).json()["id"]
        for email, (name, text) in TEXTS.items()
    ]
    for day, ticket in enumerate(created, 1):
        Ticket.objects.filter(pk=ticket).update(created_at=f"2026-03-0{day}T12:00:00.000001Z")
    Ticket.objects.filter(pk=created[0]).update(status="resolved", resolved_at="2026-03-05T08:00:00Z")
    return dict(zip("age", created, strict=True))


def listed(service: Service, path: str, **parameters: Any) -> str:
    """The first letters of whose tickets (or contacts) are listed, the same with and without `limit`."""
    whole = service.request("GET", path, params=parameters)
    page = service.request("GET", path, params={**parameters, "limit": 10})
    assert (whole.status_code, page.status_code) == (200, 200)
    assert whole.content == page.content
    letters = {"Ada O&#x27;Brien": "a", "Grace Hopper": "g", "Émile Zola": "e"}
    return "".join(letters[each.get("contact", each)["full_name"]] for each in page.json())


def test_each_filter_finds_its_tickets(service: Service, ids: dict[str, int]) -> None:
    for parameters, expected in TICKETS:
        assert listed(service, "/api/v1/tickets", **parameters) == expected, parameters


def test_each_filter_finds_its_contacts(service: Service, ids: dict[str, int]) -> None:
    for parameters, expected in CONTACTS:
        assert listed(service, "/api/v1/contacts", **parameters) == expected, parameters


def test_tickets_of_a_contact(service: Service, ids: dict[str, int]) -> None:
    contact = Ticket.objects.get(pk=ids["g"]).contact_id
    again = service.open_ticket(email="grace@example.org").json()["id"]
    found = service.request("GET", f"/api/v1/tickets?contact_id={contact}&ordering=-id").json()
    assert [each["id"] for each in found] == [again, ids["g"]]
    assert service.request("GET", "/api/v1/tickets?contact_id=9223372036854775807").json() == []


def test_the_rare_match_of_a_long_list_is_found_wherever_it_is(service: Service, ids: dict[str, int]) -> None:
    """More tickets lie between the matches than are read in the list's order."""
    contact = Ticket.objects.get(pk=ids["g"]).contact_id
    Ticket.objects.bulk_create(Ticket(contact_id=contact, issue_description="common") for _ in range(6000))
    late = service.open_ticket(email="ada@example.com", issue_description="Needle").json()["id"]
    for ordering, expected in (("id", [ids["a"], late]), ("-id", [late, ids["a"]]), ("-created_at", [late, ids["a"]])):
        query = {"q": "O'Brien", "ordering": ordering}
        for parameters in (query, {**query, "limit": "2"}):
            found = service.request("GET", "/api/v1/tickets", params=parameters).json()
            assert [each["id"] for each in found] == expected
    first = service.request("GET", "/api/v1/tickets?limit=1&q=O'Brien")
    second = service.request("GET", first.links["next"]["url"].removeprefix(service.url))
    assert [each["id"] for each in first.json() + second.json()] == [ids["a"], late]
