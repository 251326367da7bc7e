"""Odd texts through every form: each is refused with a reason, or stored as typed and shown as typed everywhere."""

import os
import random
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import NamedTuple
from unicodedata import normalize

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db.models import Model

from access.models import ApiKey
from contacts.models import Contact
from core.visible_text import is_visible
from tests.service import Service
from tests.staff import Staff
from tickets.models import Ticket
from webhooks.models import Receiver

IN_LISTS = 50  # characters of a text, at least, that its list shows
NUMBER = 1000 if os.environ.get("THOROUGH") else 30  # `make fuzz` sends a thousand
PIECES = [
    *(
        "a",
        "Z",
        "0",
        "word",
        "O'Brien",
        '"',
        "“”",
        "‘’",
        "`",
        "\\",
        "/",
        "%s",
        "%(id)s",
        "{{",
        "}}",
        "{%",
        "=1+1",
        "@",
        "#1",
    ),
    *("<b>", "</p>", "<!--", "]]>", "<script>", "&", "&amp;", "&lt;", "&#x27;", "&nbsp;", "&notit;", "javascript:1"),
    *("https://example.com/?a=1&b=2", "a@example.com", "www.example.org", "unbroken" * 12, "\x01", "\x1b[31m", "\x7f"),
    *(
        "ß",
        "İ",
        "ı",
        "Ǆ",
        "ﬁ",
        "é",
        "e\u0301",
        "\u0300" * 9,
        "مرحبا",
        "שלום",
        "中文",
        "日本語",
        "한국",
        "ไทย",
        "🔥",
        "👩‍👩‍👧",
        "🇩🇪",
    ),
    *(
        " ",
        "  ",
        "\t",
        "\n",
        "\n\n",
        "\u2028",
        "\x85",
        "\u00a0",
        "\u200b",
        "\u200d",
        "\u200e",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\uffff",
    ),
]


class Form(NamedTuple):
    """A form that adds something: where, what of it is a text of how many characters, and what it adds."""

    path: str
    fields: Callable[[str, int], dict[str, str]]
    length: int
    added: type[Model]
    attribute: str


PERSON = {"is_active": "on"}


def see_tickets() -> str:
    """The id of a permission: no role is without any."""
    return str(Permission.objects.get(codename="view_ticket").pk)


FORMS = [
    Form(
        "tickets/ticket",
        lambda text, n: {"full_name": "Ada", "email": f"{n}@example.com", "issue_description": text},
        *(5000, Ticket, "issue_description"),
    ),
    Form(
        "contacts/contact",
        lambda text, n: {"full_name": text, "email": f"{n}@example.org", "issue_description": "It hums."},
        *(255, Contact, "full_name"),
    ),
    Form(
        "webhooks/receiver",
        lambda text, n: {
            "description": text,
            "url": f"https://example.com/{n}",
            "events": "ticket.created",
            "body_format": "ticket",
            "timeout": "10",
        },
        *(100, Receiver, "description"),
    ),
    Form("access/apikey", lambda text, n: {"name": text, "scopes": "tickets:read"}, 100, ApiKey, "name"),
    Form(
        "access/staffmember",
        lambda text, n: {"username": f"user{n}", "first_name": text, "is_superuser": "on", **PERSON},
        *(150, get_user_model(), "first_name"),
    ),
    Form("access/role", lambda text, n: {"name": text, "permissions": see_tickets()}, 150, Group, "name"),
]


def texts() -> Iterator[str]:
    """The same ones in each run."""
    chosen = random.Random(20261127)
    for _ in range(NUMBER):
        yield "".join(chosen.choices(PIECES, k=chosen.randint(1, 30)))


class Shown(HTMLParser):
    """What a page shows: its texts, and what stands in its inputs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self.parts.append(dict(attrs).get("value") or "")

    def __contains__(self, text: str) -> bool:
        return words(text) in words("".join(self.parts))


def words(text: str) -> str:
    """The text as a reader compares it: any white space is one space, and an accent may be part of its letter."""
    return " ".join(normalize("NFC", text).split())


@pytest.fixture
def service(in_process: Service, database: None) -> Service:
    return in_process


@pytest.mark.slow
@pytest.mark.usefixtures("fast_password_hasher")
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.path)
def test_a_text_is_refused_or_shown_as_typed(service: Service, form: Form) -> None:
    staff = Staff(service, "ada", is_superuser=True)
    rows = form.added._default_manager
    stored = 0
    for number, text in enumerate(each[: form.length] for each in texts()):
        before = rows.count()
        add = "tickets/ticket" if form.added is Contact else form.path
        answer = staff.post(f"/admin/{add}/add/", **form.fields(text, number))
        assert answer.status_code in {200, 302}, repr(text)
        if rows.count() == before:
            assert 'class="errorlist' in answer.text or 'role="alert"' in answer.text, repr(text)
            continue
        stored += 1
        row = rows.latest("pk")
        assert getattr(row, form.attribute) == text.strip(), repr(text)
        if is_visible(text):
            assert text in Shown(staff.get(f"/admin/{form.path}/{row.pk}/change/").text), repr(text)
            assert words(text)[:IN_LISTS] in Shown(staff.get(f"/admin/{form.path}/").text), repr(text)
        if form.added not in {Ticket, Contact}:
            row.delete()  # as its list does not begin with the newest
    assert stored > NUMBER / 2
