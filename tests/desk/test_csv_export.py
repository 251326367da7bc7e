"""Staff download the tickets that they see as CSV."""

import csv
import io
from collections.abc import Callable

import pytest
from django.db import connection
from playwright.sync_api import Page

from tests.service import Service
from tickets.admin.csv_export import csv_lines, escape_formulas
from tickets.models import Ticket


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_the_link_gives_the_tickets_of_the_current_filter_in_their_true_text(desk: Page, service: Service) -> None:
    typed = 'It\'s "broken",\n<b>& on fire</b>; Zoë 🔥'
    ticket = service.open_ticket(full_name="Zoë O'Hara", email="zoe@example.com", issue_description=typed).json()
    service.open_ticket(issue_description="not asked for")
    service.request("PATCH", f"/api/v1/tickets/{ticket['id']}/resolve")
    desk.goto("/admin/tickets/ticket/?status__exact=resolved&q=fire")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Export CSV").click()
    assert download.value.suggested_filename.startswith("tickets-")
    (row,) = rows(download.value.path().read_text(encoding="utf-8"))
    assert (row["number"], row["status"], row["name"]) == (str(ticket["id"]), "resolved", "Zoë O'Hara")
    assert (row["email"], row["text"]) == ("zoe@example.com", typed)
    assert row["resolved"].startswith("20")


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =HYPERLINK()", "'  =HYPERLINK()"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\n=1", "\n'=1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM(A1)", "'＠SUM(A1)"),
        ("x;=cmd()", "x;'=cmd()"),
        ('x; "=cmd()"', 'x;\' "=cmd()"'),
        ('"=1', "'\"=1"),
        ("a\t+1\r-1\r\n@b\n\n＝c", "a\t'+1\r'-1\r\n'@b\n\n'＝c"),
        ("1 = 1; a-b, c@example.com (C++)\nfine = fine", "1 = 1; a-b, c@example.com (C++)\nfine = fine"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(typed: str, cell: str) -> None:
    assert escape_formulas(typed) == cell


def test_a_hostile_name_arrives_harmless(desk: Page, service: Service) -> None:
    service.open_ticket(full_name='=HYPERLINK("http://evil.example")', issue_description="@SUM(1)")
    (row,) = rows(desk.request.get("/admin/tickets/ticket/export/").text())
    assert row["name"] == '\'=HYPERLINK("http://evil.example")'
    assert row["text"] == "'@SUM(1)"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_hostile_text_is_harmless_whatever_separates_the_cells(service: Service, delimiter: str) -> None:
    """As a spreadsheet reads the lines whose separator is that of its language."""
    hostile = 'x;=a();"=b()"; ＝c()\n=d()\t=e()\r\n"=f()",=g();=h()'
    service.open_ticket(full_name=";=i()", issue_description=hostile)
    lines = "".join(csv_lines(Ticket.objects.all()))
    cells = [cell for row in csv.reader(io.StringIO(lines[1:], newline=""), delimiter=delimiter) for cell in row]
    assert [cell for cell in cells if cell.strip(' "')[:1] in ("=", "＝")] == []


def test_every_ticket_of_a_long_list_is_there_once(desk: Page, service: Service) -> None:
    contact = service.open_ticket().json()["contact_id"]
    with connection.cursor() as cursor:
        statement = "INSERT INTO tickets (contact_id, issue_description) SELECT %s, 'n' FROM generate_series(1, 2500)"
        cursor.execute(statement, [contact])
    numbers = [int(row["number"]) for row in rows(desk.request.get("/admin/tickets/ticket/export/").text())]
    assert len(numbers) == len(set(numbers)) == 2501
    assert numbers == sorted(numbers, reverse=True)


def test_it_takes_a_permission_of_its_own(sign_in: Callable[..., Page], service: Service) -> None:
    page = sign_in("agent", "tickets.view_ticket")
    page.goto("/admin/tickets/ticket/")
    assert page.get_by_role("link", name="Export CSV").count() == 0
    assert page.request.get("/admin/tickets/ticket/export/").status == 403
