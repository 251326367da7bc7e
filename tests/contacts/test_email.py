"""One contact per normalised address, also for concurrent requests."""

import re
from concurrent.futures import ThreadPoolExecutor
from unicodedata import normalize

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contacts.email import normalise_email
from contacts.models import Contact
from tests.processes import Gunicorn
from tests.service import Service
from tickets.models import Ticket
from webhooks.models import Event


def test_fifty_requests_at_once_with_one_new_address_make_one_contact(gunicorn: Gunicorn) -> None:
    def post(number: int) -> int:
        return gunicorn.open_ticket(full_name=f"Name {number}", email=f"{' ' * number}New@Example.com").status_code

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(post, range(50))) == [201] * 50
    assert Contact.objects.get().email == "new@example.com"
    assert Ticket.objects.count() == Event.objects.count() == 50


def test_an_existing_contact_keeps_its_first_name(service: Service) -> None:
    first = service.open_ticket(full_name="First", email="ada@example.com").json()
    second = service.open_ticket(full_name="Second", email="ADA@example.com").json()
    assert second["contact"] == first["contact"]
    contacts = service.request("GET", "/api/v1/contacts").json()
    assert contacts == [first["contact"]] == [service.request("GET", f"/api/v1/contacts/{contacts[0]['id']}").json()]


def test_an_address_is_never_escaped_and_composed(service: Service) -> None:
    ticket = service.open_ticket(email="o'brie\u006e\u0303@ex\u00c4mple.com").json()
    assert ticket["contact"]["email"] == "o'brie\u00f1@ex\u00e4mple.com"


LETTERS = st.text("aZ9İßÅé\u0301.'+", min_size=1, max_size=12)


@given(LETTERS, LETTERS)
def test_normalising_twice_changes_nothing_more(local: str, domain: str) -> None:
    try:
        once = normalise_email(f" {local}@{domain}.com ")
    except ValueError:
        return
    assert normalise_email(once) == once


@settings(max_examples=500)
@given(
    st.text("abzAZ09._+-' @\u0131é", max_size=70),
    st.sampled_from(
        ["example.com", "EXAMPLE.org", "xn--bcher-kva.ch", "bücher.ch", "[127.0.0.1]", "localhost", "a.test"]
    )
    | st.text("ab9.-_ é@", max_size=30)
    | st.builds(lambda label, times: ".".join([label * 60] * times) + ".com", st.sampled_from("aé"), st.integers(1, 4)),
)
@example("a" * 64, ".".join(["xn--fiqaaaaaaaaaaaaaaaaaaaa"] * 3) + ".com")
@example("a" * 64, "example.com")
@example("a" * 65, "example.com")
@example("a" * 9, ".".join(["b" * 60] * 4))
@example("a" * 10, ".".join(["b" * 60] * 4))
@example("a" * 11, ".".join(["b" * 60] * 4))
def test_an_address_is_what_the_library_says(local: str, domain: str) -> None:
    text = f"{local}@{domain}".strip()
    try:
        expected = validate_email(text, check_deliverability=False, allow_quoted_local=False).normalized.lower()
    except EmailNotValidError as error:
        with pytest.raises(ValueError, match="^" + re.escape(str(error)) + "$"):
            normalise_email(text)
    else:
        assert normalise_email(text) == normalize("NFC", expected)
