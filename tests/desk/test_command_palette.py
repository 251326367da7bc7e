"""Ctrl K finds tickets, contacts and pages that the user may see."""

import re
from html import unescape

import pytest
from playwright.sync_api import Page, expect

from tests.in_process import InProcess
from tests.service import Service
from tests.staff import Staff


def found(staff: Staff, query: str) -> list[str]:
    """The paths that the palette offers, from the top."""
    answer = staff.session.get(f"{staff.service.url}/admin/search/", params={"s": query, "extended": "1"})
    assert answer.status_code == 200
    return [unescape(path) for path in re.findall('href="([^"]*)"', answer.text)]


@pytest.mark.usefixtures("database")
class TestInProcess:
    def test_tickets_by_number_and_words_and_contacts_by_name_and_address(self, in_process: InProcess) -> None:
        ada = Staff(in_process, "ada", is_superuser=True)
        first = in_process.open_ticket(full_name="王伟", email="wei@example.com", issue_description="It hums.").json()
        for _ in range(6):
            text = f"As #{first['id']} said, O’Brien <b>can’t</b> print."
            last = in_process.open_ticket(full_name="Bob", email="bob@example.com", issue_description=text).json()
        ticket, newest = (f"/admin/tickets/ticket/{each['id']}/change/" for each in (first, last))
        contact = f"/admin/contacts/contact/{first['contact_id']}/change/"
        assert found(ada, "hums") == [ticket]
        assert found(ada, f"#{first['id']}") == [ticket]
        assert found(ada, str(first["id"]))[:2] == [ticket, newest]
        assert found(ada, "o'brien <b>can't</b>")[0] == newest
        assert len(found(ada, "o'brien <b>can't</b>")) == 5
        assert found(ada, "王伟") == [ticket, contact]
        assert found(ada, "WEI@example.com") == [ticket, contact]
        assert found(ada, "deliv") == ["/admin/webhooks/delivery/"]
        assert found(ada, "nothing like this") == []
        for path in (ticket, contact):
            assert ada.get(path).status_code == 200

    def test_no_more_than_the_user_may_see(self, in_process: InProcess) -> None:
        in_process.open_ticket(full_name="Grace", email="grace@example.com")
        assert found(Staff(in_process, "nobody"), "grace") == []
        assert found(Staff(in_process, "other"), "e") == ["/admin/"]
        assert len(found(Staff(in_process, "agent", "Support agent"), "grace")) == 2

    def test_an_address_that_may_be_a_look_alike_is_marked(self, in_process: InProcess) -> None:
        in_process.open_ticket(email="ada@\u0430pple.com")
        ada = Staff(in_process, "ada", is_superuser=True)
        assert "mixes Latin and Cyrillic letters" in ada.get("/admin/search/?s=pple.com&extended=1").text

    def test_what_was_just_opened_is_found(self, in_process: InProcess) -> None:
        ada = Staff(in_process, "ada", is_superuser=True)
        for count in (1, 2):
            in_process.open_ticket(issue_description="A needle.")
            assert len(found(ada, "needle")) == count

    @pytest.mark.parametrize("query", ["", " ", '"', "a" * 3000, "\x00", "#", "%", "9" * 30, "#" + "9" * 18])
    def test_whatever_is_asked(self, in_process: InProcess, query: str) -> None:
        found(Staff(in_process, "ada", is_superuser=True), query)


def test_the_keyboard_is_enough(desk: Page, service: Service) -> None:
    ticket = service.open_ticket(issue_description="The needle.").json()["id"]
    desk.goto("/admin/")
    desk.keyboard.press("Control+k")
    expect(desk.get_by_role("searchbox", name="Find tickets, contacts and pages")).to_be_focused()
    desk.keyboard.type("needle", delay=20)
    expect(desk.locator("#command-results-list")).to_contain_text(f"#{ticket} The needle.")
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(f"{service.url}/admin/tickets/ticket/{ticket}/change/")


def test_that_nothing_is_found_is_said(desk: Page) -> None:
    desk.goto("/admin/")
    desk.keyboard.press("Control+k")
    note = desk.get_by_text("Nothing found.")
    for query, found in (("zzz", 0), ("receivers", 1), ("zzz", 0)):
        desk.get_by_role("searchbox", name="Find tickets, contacts and pages").fill("")
        desk.keyboard.type(query, delay=20)
        expect(desk.locator("#command-results-list > li")).to_have_count(found)
        expect(note).to_be_visible(visible=not found)
