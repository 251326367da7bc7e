"""The lists of the desk take the parameters of their own filters, and say what they have ignored."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk import pages
from tests.desk.hostile_requests import lists
from tests.service import Service
from tests.staff import Staff
from webhooks.models import Receiver

TICKETS = "/admin/tickets/ticket/"


@pytest.fixture
def service(in_process: Service, database: None) -> Service:
    """No browser is needed here."""
    return in_process


@pytest.mark.parametrize(
    "lookup",
    ["issue_description__regex", "contact__email__startswith", "resolved_by__password__gte", "id__in", "nothing"],
)
def test_any_other_lookup_is_ignored_and_named(ada: Staff, service: Service, lookup: str) -> None:
    service.open_ticket(issue_description="a" * 5000)
    answer = ada.get(f"{TICKETS}?{lookup}=(a*)*b&status__exact=open&q=aaa")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{TICKETS}?status__exact=open&q=aaa")
    page = ada.get(answer.headers["Location"]).text
    assert f"This list cannot be filtered by {lookup}; that was ignored." in page
    assert "1 ticket" in page


def test_lists_accept_every_filter_and_order_that_they_offer(ada: Staff, service: Service) -> None:
    pages.fill(service, pages.Texts())
    for path in lists():
        for query in re.findall(r'href="(\?[^"]*)"', ada.get(path).text):
            assert ada.get(path + unescape(query)).status_code == 200, path + query


def test_staff_without_a_role_are_listed(ada: Staff, service: Service) -> None:
    Staff(service, "grace", "Support agent")
    page = ada.get("/admin/access/staffmember/?groups__isnull=True").text
    assert re.findall(r"/staffmember/\d+/change/[^>]*>(\w+)<", page) == ["ada"]


def test_an_invalid_value_is_said_to_be_ignored(ada: Staff, service: Service) -> None:
    service.open_ticket()
    answer = ada.get(f"{TICKETS}?status__exact=bogus")
    page = ada.get(answer.headers["Location"]).text
    assert "A filter had an invalid value, so all filters were ignored." in page
    assert "1 ticket" in page


@pytest.mark.parametrize("path", [TICKETS, "/admin/webhooks/delivery/"])
@pytest.mark.parametrize("date", ["nonsense", "2026-02-30", "01/02/2026", "20260101", "2026-W01-1", "٢026-01-01x"])
def test_what_is_no_date_is_said_to_be_ignored(ada: Staff, service: Service, path: str, date: str) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/")
    service.open_ticket()
    query = f"created_at_from={quote(date)}&created_at_to=9999-12-31"
    answer = ada.get(f"{path}?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{path}?created_at_to=9999-12-31")
    page = ada.get(answer.headers["Location"]).text
    assert f"“{date}” is not a date, so it was ignored. Write dates like 20" in page
    assert re.search(r"\b1 (ticket|delivery)\b", page)


def test_an_export_of_what_is_no_date_leads_to_the_list(ada: Staff) -> None:
    query = "created_at_from=nonsense"
    assert ada.get(f"{TICKETS}export/?{query}").headers["Location"] == f"{TICKETS}?{query}"


def test_days_are_chosen_in_a_calendar(ada: Staff) -> None:
    page = ada.get(f"{TICKETS}?created_at_from=2026-01-31").text
    (field,) = re.findall('<input type="date" name="created_at_from"[^>]*>', page)
    assert 'value="2026-01-31"' in field


def test_an_export_that_cannot_be_filtered_so_leads_to_the_list(ada: Staff, service: Service) -> None:
    answer = ada.get(f"{TICKETS}export/?issue_description__regex=(a*)*b")
    assert answer.headers["Location"] == f"{TICKETS}?issue_description__regex=%28a%2A%29%2Ab"


def test_what_is_no_row_cannot_be_selected(ada: Staff) -> None:
    assert ada.post(TICKETS, action="resolve", _selected_action="x").status_code == 400


def test_further_words_of_a_long_search_are_ignored(ada: Staff, service: Service) -> None:
    service.open_ticket()
    assert "ada@example.com" in ada.get(f"/admin/contacts/contact/?q={'+'.join(['ada'] * 10 + ['bob'])}").text


def test_a_list_without_search_takes_no_notice_of_one(ada: Staff) -> None:
    Receiver.objects.create(url="http://127.0.0.1:9/")
    assert "1 receiver" in ada.get("/admin/webhooks/receiver/?q=nothing").text


def test_no_list_counts_its_filters(ada: Staff) -> None:
    for path in lists():
        with CaptureQueriesContext(connection) as queries:
            assert ada.get(f"{path}?_facets=True").status_code == 200
        assert "FILTER" not in str(queries.captured_queries)
