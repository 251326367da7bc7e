"""The browser front end of the original Ticket Loop API works unchanged: its three calls, as axios sends them."""

import json
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model

from tests.service import Service

ORIGIN = "http://localhost:8888"
PASSWORD = "correct horse battery"
# What it declares of an answer; a key that is missing or of another type breaks one of its pages.
CONTACT_SHAPE = {"id": int, "full_name": str, "email": str, "created_at": str}
TICKET_SHAPE = {
    "id": int,
    "contact_id": int,
    "issue_description": str,
    "status": str,
    "created_at": str,
    "contact": dict,
}


class FrontEnd:
    """A browser with the front end, behind the development server that proxies `/api` and rewrites Host alone."""

    def __init__(self, service: Service) -> None:
        self.base = service.url + "/api/v1"
        self.browser = requests.Session()
        self.browser.headers = {
            "Accept": "application/json, text/plain, */*",
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Accept-Language": "en-GB,en;q=0.9",
            "Connection": "keep-alive",
            "Origin": ORIGIN,
            "Sec-Fetch-Dest": "empty",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Site": "same-origin",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0 Safari/537.36",
        }

    def tickets(self) -> Any:
        return self._data("GET", "/tickets", "/admin", headers={"Origin": None})

    def create(self, full_name: str, email: str, issue_description: str) -> Any:
        values = {"full_name": full_name, "email": email, "issue_description": issue_description}
        body = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
        return self._data("POST", "/tickets", "/create", data=body, headers={"Content-Type": "application/json"})

    def resolve(self, id: int, **headers: str) -> Any:
        """Without a body, for which axios takes its own Content-Type away again."""
        return self._data("PATCH", f"/tickets/{id}/resolve", "/admin", headers={"Content-Length": "0", **headers})

    def _data(self, method: str, path: str, page: str, headers: dict[str, str | None], **options: Any) -> Any:
        """The answer's JSON; as axios does, takes every 2xx for success and fails on everything else."""
        headers = {"Referer": ORIGIN + page, **headers}
        response = self.browser.request(method, self.base + path, headers=headers, timeout=30, **options)
        assert response.ok, (response.status_code, response.text)
        assert not response.history, "a redirect, which a browser would take to another origin"
        assert response.headers["Content-Type"] == "application/json"
        return response.json()


@pytest.fixture
def front_end(service: Service) -> Iterator[FrontEnd]:
    front_end = FrontEnd(service)
    yield front_end
    front_end.browser.close()


def assert_shaped(ticket: dict[str, Any]) -> None:
    """The original's keys come first, in its order and types."""
    assert {key: type(ticket[key]) for key in list(ticket)[:6]} == TICKET_SHAPE
    assert {key: type(value) for key, value in ticket["contact"].items()} == CONTACT_SHAPE
    assert list(ticket)[:6] == list(TICKET_SHAPE)
    assert ticket["contact"]["id"] == ticket["contact_id"]


def test_its_three_calls_work(front_end: FrontEnd) -> None:
    assert front_end.tickets() == []
    first = front_end.create("Ada Lovelace", "ada@example.com", "My printer is on fire")
    second = front_end.create("Zoë", "zoe@example.com", "Ünïcode, 漢字 and 🔥")
    assert front_end.tickets() == [first, second]
    resolved = front_end.resolve(first["id"])
    assert [ticket["status"] for ticket in front_end.tickets()] == ["resolved", "open"]
    for ticket in (first, second, resolved):
        assert_shaped(ticket)
    assert {**resolved, "status": "open", "resolved_at": None} == first
    assert second["issue_description"] == "Ünïcode, 漢字 and 🔥"


def test_a_resolve_with_a_content_type_and_no_body_works(front_end: FrontEnd) -> None:
    ticket = front_end.create("Ada", "ada@example.com", "x")
    assert front_end.resolve(ticket["id"], **{"Content-Type": "application/json"})["status"] == "resolved"


def test_what_it_pastes_into_a_page_is_text_and_not_markup(front_end: FrontEnd) -> None:
    typed = 'It\'s <script>alert("1")</script> & co'
    ticket = front_end.create("<b>O'Brien</b>", "ada@example.com", typed)
    for text, true in ((ticket["issue_description"], typed), (ticket["contact"]["full_name"], "<b>O'Brien</b>")):
        assert not set(text) & set("<>\"'")
        assert unescape(text) == true


def test_one_address_in_two_spellings_is_one_contact(front_end: FrontEnd) -> None:
    first = front_end.create("Ada Lovelace", "Ada@Example.com", "x")
    second = front_end.create("A. Lovelace", " ada@example.com ", "y")
    assert second["contact"] == first["contact"]
    assert second["contact"]["full_name"] == "Ada Lovelace"


def test_its_dates_are_those_of_the_day(front_end: FrontEnd) -> None:
    """A time without a zone, as the original sent, was shown hours off; this one is the same moment everywhere."""
    created_at = datetime.fromisoformat(front_end.create("Ada", "ada@example.com", "x")["created_at"])
    assert abs((datetime.now(created_at.tzinfo) - created_at).total_seconds()) < 60


def test_a_ticket_that_does_not_exist_is_the_originals_404(service: Service) -> None:
    response = service.request("PATCH", "/api/v1/tickets/4711/resolve")
    assert (response.status_code, response.json()) == (404, {"detail": "Ticket not found"})


def test_it_works_in_the_browser_of_somebody_who_is_signed_in_to_the_desk(
    service: Service, front_end: FrontEnd
) -> None:
    """Cookies know no ports: the desk's session on localhost is sent along by the front end, without a CSRF token."""
    get_user_model().objects.create_superuser("ada", password=PASSWORD)
    login = service.url + "/admin/login/"
    front_end.browser.get(login)
    token = front_end.browser.cookies["csrftoken"]
    credentials = {"username": "ada", "password": PASSWORD, "csrfmiddlewaretoken": token}
    front_end.browser.post(login, credentials, headers={"Origin": service.url})
    assert front_end.browser.cookies["sessionid"]
    ticket = front_end.create("Ada", "ada@example.com", "x")
    assert front_end.resolve(ticket["id"])["status"] == "resolved"
