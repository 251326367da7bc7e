"""A parameter of a list that is unknown, malformed or repeated is 400 and named."""

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.filters import CONTACTS
from core.pagination import cursors
from core.pagination.collection import Position, Query
from tests.service import Service
from tickets.filters import TICKETS

TIMES = ["created_after", "created_before", "resolved_after", "resolved_before"]
NO_TIMES = [
    *("", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00 01:00", "20260101T000000Z"),
    *("2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00"),
    *("2026-01-01T00:00:00+24:00", "2026-W01-1T00:00:00Z", "٢026-01-01T00:00:00Z", "2026-01-01T00:00:00Z\0"),
]


MISTAKES = {
    **dict.fromkeys(TIMES, NO_TIMES),
    "limit": ["", "0", "-1", "1001", "1.5", "x", "٣", "9" * 30, "1 "],
    "status": ["", "OPEN", "closed", "open,resolved", "open\0"],
    "contact_id": ["", "0", "-1", "x", "9223372036854775808", "9" * 3000],
    "email": ["", "nobody", "a@b@example.com", "a\0@example.com"],
    "ordering": ["", "email", "--id", "ID", "id,created_at"],
    "q": ["", "ab", "  ", "!!!", "%%%", "a??", "é!!", "。", "a・", "abc\0", "日\0", "x" * 256],
    **{name: ["1"] for name in ("colour", "page", "offset", "", "limit[]")},
}


def test_it_is_400(service: Service) -> None:
    for name, values in MISTAKES.items():
        for value in values:
            response = service.request("GET", "/api/v1/tickets", params={name: value})
            assert (response.status_code, list(response.json())) == (400, [name]), (name, value)
            assert isinstance(response.json()[name][0], str)


def test_every_mistake_is_named_at_once(service: Service) -> None:
    response = service.request("GET", "/api/v1/tickets?limit=0&status=x&status=open&colour=1&q=fine")
    assert response.json() == {
        "limit": ["Must be a whole number from 1 to 1000."],
        "status": ["May be given only once."],
        "colour": ["Unknown parameter."],
    }


@pytest.mark.parametrize("name", ["status", "contact_id", "resolved_after"])
def test_a_filter_of_tickets_is_none_of_contacts(service: Service, name: str) -> None:
    response = service.request("GET", f"/api/v1/contacts?{name}=1")
    assert response.json() == {name: ["Unknown parameter."]}


def test_a_cursor_of_another_list_is_refused(service: Service) -> None:
    for _ in range(3):
        service.open_ticket()
    url = service.request("GET", "/api/v1/tickets?limit=1&status=open").links["next"]["url"]
    cursor = url.partition("cursor=")[2].partition("&")[0]
    assert len(service.request("GET", f"/api/v1/tickets?limit=2&status=open&cursor={cursor}").json()) == 2
    for path in (
        f"tickets?limit=1&cursor={cursor}",
        f"tickets?limit=1&status=resolved&cursor={cursor}",
        f"tickets?limit=1&status=open&ordering=-id&cursor={cursor}",
        f"tickets?limit=1&status=open&q=broken&cursor={cursor}",
        f"tickets?status=open&cursor={cursor}",
        f"contacts?limit=1&cursor={cursor}",
        f"tickets?limit=1&status=open&cursor={cursor}x",
        f"tickets?limit=1&status=open&cursor={cursor}%00",
        f"tickets?limit=1&status=open&cursor=x{cursor}",
        "tickets?limit=1&status=open&cursor=",
        "tickets?limit=1&status=open&cursor=%F0%9F%98%80",
    ):
        response = service.request("GET", f"/api/v1/{path}")
        assert (response.status_code, list(response.json())) == (400, ["cursor"]), path


IDS = st.integers(1, 2**63 - 1)
KEYS = st.one_of(
    st.tuples(st.just("id"), st.tuples(IDS)),
    st.tuples(st.just("created_at"), st.tuples(st.datetimes(timezones=st.just(UTC)), IDS)),
)


@given(ordering=KEYS, descending=st.booleans(), backward=st.booleans(), text=st.text(max_size=20))
def test_a_cursor_brings_back_its_position(
    ordering: tuple[str, tuple[object, ...]], descending: bool, backward: bool, text: str
) -> None:
    column, key = ordering
    query = Query({"q": text, "status": "open"}, "-" * descending + column, limit=10)
    cursor = cursors.encode(TICKETS, query, Position(key, backward))
    assert cursors.decode(TICKETS, query, cursor).position == Position(key, backward)
    with pytest.raises(ValueError, match="Not a cursor"):
        cursors.decode(CONTACTS, query, cursor)


@settings(max_examples=300)
@given(position=st.integers(0, 200), character=st.characters(exclude_categories=["Cs"]))
def test_a_cursor_with_another_character_is_refused(position: int, character: str) -> None:
    query = Query({}, "created_at", limit=10)
    cursor = cursors.encode(TICKETS, query, Position(("2026-01-01T00:00:00+00:00", 17)))
    place = position % len(cursor)
    altered = cursor[:place] + character + cursor[place + 1 :]
    if altered != cursor:
        with pytest.raises(ValueError, match="Not a cursor"):
            cursors.decode(TICKETS, query, altered)
