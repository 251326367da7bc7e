"""The lists of the desk take the parameters of their own filters, and say what they have ignored."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.desk.hostile_requests import lists
from tests.service import Service
from tests.staff import Staff

TICKETS = "/admin/tickets/ticket/"


@pytest.fixture
def service(in_process: Service, database: None) -> Service:
    """No browser is needed here."""
    return in_process


@pytest.fixture
def ada(service: Service) -> Staff:
    return Staff(service, "ada", is_superuser=True)


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


def test_an_invalid_value_is_said_to_be_ignored(ada: Staff, service: Service) -> None:
    service.open_ticket()
    answer = ada.get(f"{TICKETS}?status__exact=bogus")
    page = ada.get(answer.headers["Location"]).text
    assert "A filter had an invalid value, so all filters were ignored." in page
    assert "1 ticket" in page


def test_an_export_that_cannot_be_filtered_so_leads_to_the_list(ada: Staff, service: Service) -> None:
    answer = ada.get(f"{TICKETS}export/?issue_description__regex=(a*)*b")
    assert answer.headers["Location"] == f"{TICKETS}?issue_description__regex=%28a%2A%29%2Ab"


def test_what_is_no_row_cannot_be_selected(ada: Staff) -> None:
    assert ada.post(TICKETS, action="resolve", _selected_action="x").status_code == 400


def test_further_words_of_a_long_search_are_ignored(ada: Staff, service: Service) -> None:
    service.open_ticket()
    assert "ada@example.com" in ada.get(f"/admin/contacts/contact/?q={'+'.join(['ada'] * 10 + ['bob'])}").text


def test_no_list_counts_its_filters(ada: Staff) -> None:
    for path in lists():
        with CaptureQueriesContext(connection) as queries:
            assert ada.get(f"{path}?_facets=True").status_code == 200
        assert "FILTER" not in str(queries.captured_queries)
