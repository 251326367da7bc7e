"""Email addresses that may only look like another are marked wherever the desk shows them."""

import pytest
from playwright.sync_api import Page, expect

from contacts.look_alikes import caution
from tests.service import Service

SENTENCE = "Careful: this address mixes Latin and Cyrillic letters. It may only look like one that you know."


@pytest.mark.parametrize("typed", ["ada@\u0430pple.com", "ada@xn--pple-43d.com"])  # with a Cyrillic a
def test_a_look_alike_is_marked_in_lists_and_explained_on_pages(desk: Page, service: Service, typed: str) -> None:
    service.open_ticket(full_name="Ada", email="ada@apple.com")
    ticket = service.open_ticket(full_name="Not Ada", email=typed).json()
    for path in ("/admin/tickets/ticket/", "/admin/contacts/contact/"):
        desk.goto(path)
        rows = desk.locator("#result_list tr.data-row")
        expect(rows).to_have_count(2)
        expect(rows.filter(has_text="Not Ada").get_by_role("img", name=SENTENCE)).to_be_visible()
        expect(rows.get_by_role("img", name=SENTENCE)).to_have_count(1)
    for path in (
        f"/admin/tickets/ticket/{ticket['id']}/change/",
        f"/admin/contacts/contact/{ticket['contact_id']}/change/",
    ):
        desk.goto(path)
        expect(desk.get_by_text(SENTENCE)).to_be_visible()


@pytest.mark.parametrize(
    "address", ["ada@exаmple.com", "аda@example.com", "a@gοogle.com", "a@googlɡ.com", "a@аррӏе.com"]
)
def test_addresses_that_mix_alphabets(address: str) -> None:
    assert caution(address).startswith("Careful: this address mixes Latin and ")


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "müller@bücher.ch",
        "łódź@straße.de",
        "trần@việt.vn",
        "a@例え.jp",
        "佐々木@example.jp",
        "a@한국.kr",
        "иван@пример.рф",
    ],
)
def test_honest_addresses(address: str) -> None:
    assert caution(address) == ""
