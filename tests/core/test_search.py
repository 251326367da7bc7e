"""A text is found by what a customer or staff would call the same, in the API and at the desk."""

import re
from time import process_time
from unicodedata import normalize

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from core.search import EAST_ASIAN, split_words
from tests.service import Service
from tests.staff import Staff

TYPED = {
    "printer": "O’Brien can’t print: “PC LOAD LETTER” said the Cafe\u0301’s printer.",
    "street": "Die Straße in İstanbul ist gesperrt, ΟΔΟΣ",
    "japan": "日本の印刷機が動きません。ｶﾞﾗｽ",
    "wide": "ＦＡＸ　１２３ does not work",
    "plain": 'It said "hum" -- STRASSENBAHN, "Isparta"',
}
FOUND = {
    "O'Brien": ["printer"],
    "o’brien": ["printer"],
    "O´Brien": ["printer"],
    "can't": ["printer"],
    "pc load letter": ["printer"],
    "caf\u00e9's": ["printer"],
    "cafe\u0301": ["printer"],
    "CAFÉ": ["printer"],
    "strasse": ["street", "plain"],
    "STRAẞE": ["street", "plain"],
    "istanbul": ["street"],
    "i\u0307stanbul": ["street"],
    "οδος": ["street"],
    "ısparta": ["plain"],
    "日本": ["japan"],
    "印刷": ["japan"],
    "機": ["japan"],
    "日印": [],
    "日本人": [],
    "ガラス": ["japan"],
    "fax": ["wide"],
    "123": ["wide"],
    "％％a": [],
}
AT_THE_DESK = {
    "O'Brien can't": ["printer"],
    "“PC LOAD” letter": ["printer"],
    '"LOAD PC"': [],
    "'hum": [],
    '"hum"': ["plain"],
    "日本 印刷": ["japan"],
    "“ hum": ["plain"],
}


@pytest.fixture
def numbers(service: Service) -> dict[int, str]:
    """The names of the tickets by number."""
    return {service.open_ticket(issue_description=text).json()["id"]: name for name, text in TYPED.items()}


def test_the_api_finds_it(service: Service, numbers: dict[int, str]) -> None:
    for query, names in FOUND.items():
        for limit in ({}, {"limit": "10"}):
            answer = service.request("GET", "/api/v1/tickets", params={"q": query, **limit}).json()
            assert [numbers[each["id"]] for each in answer] == names, query


def test_the_desk_finds_it(service: Service, numbers: dict[int, str]) -> None:
    ada = Staff(service, "ada", is_superuser=True)
    for query, names in {**FOUND, **AT_THE_DESK}.items():
        page = ada.request("GET", "/admin/tickets/ticket/", params={"q": query}).text
        shown = re.findall(r"Select ticket #(\d+)", page)
        assert [numbers[int(each)] for each in reversed(shown)] == names, query


def test_a_contact_is_found_by_name_and_address(service: Service) -> None:
    ada = Staff(service, "ada", is_superuser=True)
    service.open_ticket(full_name="王伟", email="wei@example.com")
    service.open_ticket(full_name="Seán O’Brien Can’t", email="groß@example.com")
    for query, found in {
        "王伟": "wei@",
        "王": "wei@",
        "SEÁN": "groß@",
        "o'brien can't": "groß@",
        "GROSS": "groß@",
    }.items():
        (contact,) = service.request("GET", "/api/v1/contacts", params={"q": query}).json()
        assert contact["email"].startswith(found), query
        page = ada.request("GET", "/admin/contacts/contact/", params={"q": query}).text
        assert [each in page for each in ("wei@", "groß@")] == [found == "wei@", found == "groß@"], query


def test_staff_and_keys_are_found_in_the_same_way(service: Service) -> None:
    ada = Staff(service, "ada", is_superuser=True, last_name="Großmann")
    Staff(service, "bob")
    for query, found in {"GROSSMANN": ["ada"], "AD": ["ada"], "bo": ["bob"], "adabob": []}.items():
        page = ada.request("GET", "/admin/access/staffmember/", params={"q": query}).text
        assert [name for name in ("ada", "bob") if f">{name}</a>" in page] == found, query


def folded(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_fold(%s)", [text])
        return str(cursor.fetchone()[0])


def matches(text: str, query: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_fold(%s) LIKE search_pattern(%s)", [text, query])
        return bool(cursor.fetchone()[0])


TEXTS = st.text(st.characters(exclude_characters="\0İ", exclude_categories=["Cs"]))
LETTERS = [*"aAéÉßẞsSİIıiſσςΣЖж日本ｶﾞガ가１1'’\"“%_\\ -‐\u0301", "i\u0307"]
WRITTEN = st.lists(st.sampled_from(LETTERS)).map("".join)
FORMS = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])


@pytest.mark.usefixtures("database")
class TestFolding:
    @given(st.one_of(TEXTS, WRITTEN), FORMS)
    def test_is_the_same_for_every_normal_form(self, text: str, form: str) -> None:
        # Not so an acute accent that stands alone, which is an apostrophe and not in NFKC, and the iota below a letter
        # of ancient Greek, whose capital is a letter of its own.
        text = "".join(each for each in text if not {"\u00b4", "\u0345"} & {*normalize("NFD", each)})
        assert folded(normalize(form, text)) == folded(text)  # type: ignore[arg-type]

    @given(WRITTEN)
    def test_is_the_same_in_upper_and_lower_case(self, text: str) -> None:
        assert folded(text.upper()) == folded(text.lower()) == folded(text)

    @given(WRITTEN, WRITTEN, WRITTEN)
    def test_finds_every_part_of_a_text(self, before: str, query: str, after: str) -> None:
        # Parts that do not compose with their neighbours.
        assert matches(f"{before}.{query}.{after}", query)

    @given(st.text("日本ab %_\\'"), st.text("日本ab%_\\'", min_size=1))
    def test_finds_nothing_else(self, text: str, query: str) -> None:
        assert matches(text, query) == (query in text)

    @given(st.text("日本語カ가", min_size=1, max_size=3), TEXTS)
    def test_gives_every_east_asian_word_a_trigram(self, word: str, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT show_trgm(search_fold(%s)) <@ show_trgm(search_fold(%s))", [word, f"{text} {word}"])
            assert cursor.fetchone() == (True,)
            cursor.execute("SELECT cardinality(show_trgm(search_fold(%s))) > 0", [word])
            assert cursor.fetchone() == (True,)

    @given(st.from_regex(f"[{EAST_ASIAN}]", fullmatch=True))
    def test_doubles_what_counts_as_an_east_asian_letter(self, letter: str) -> None:
        assert " " in folded(letter)


@given(st.lists(st.text("ab'’`-<>%", min_size=1), max_size=5))
def test_apostrophes_join_no_words(words: list[str]) -> None:
    assert split_words(" ".join(words)) == words


def test_a_quote_that_never_ends_costs_no_more_than_its_length() -> None:
    started = process_time()
    assert split_words('"' + "a" * 60_000) == ['"' + "a" * 60_000]
    assert process_time() - started < 2  # with backtracking for each character: half a minute


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_every_character_is_found_in_its_normal_forms(database: None, form: str) -> None:
    # Without U+00B4, which is typed as an apostrophe, and what is canonically the same.
    statement = (
        "SELECT string_agg(letter, ' ') FROM (SELECT chr(number) AS letter FROM generate_series(1, 205743) AS number "
        "WHERE number NOT BETWEEN 55296 AND 57343 AND number NOT IN (180, 8189)) "
        f"WHERE letter IS NOT {form} NORMALIZED "
        f"AND search_fold('x' || letter || 'y') NOT LIKE search_pattern('x' || normalize(letter, {form}) || 'y')"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.fetchone() == (None,)
