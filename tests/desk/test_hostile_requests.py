"""No request makes a 5xx: pages, query parameters, form fields and cookies meet hostile values (`make fuzz`: all)."""

from collections.abc import Iterator

import pytest
from django.contrib.admin.options import TO_FIELD_VAR
from django.contrib.admin.views.main import IGNORED_PARAMS, PAGE_VAR
from django.urls import reverse

from tests.desk import pages
from tests.desk.hostile_requests import (
    HOSTILE,
    LONG,
    SHARE,
    FormFields,
    Intruder,
    hostile,
    join,
    lists,
    lookups,
    routes,
)
from tests.service import Service
from tests.staff import session_key

pytestmark = pytest.mark.slow

# Parameters of the documentation, of sign-in, search and buttons.
OTHERS = ["lang", "version", "script", "next", "s", "since", "hours", "from", "_changelist_filters", "_popup"]
IN_EVERY_LIST = [name for name in IGNORED_PARAMS if name != TO_FIELD_VAR]  # a bad one of that hides the others
# Quoted values have escapes, with which they can hold any character. Django looks at no session key below eight.
COOKIES = [
    "",
    "a",
    "x" * 4000,
    *('"aaaaaaaa' + each + '"' for each in ("\\000", "\\355\\240\\200", "\\012", "é", ":a:", "[]")),
]


@pytest.fixture
def intruder(database: None, fast_password_hasher: None) -> Iterator[Intruder]:
    """A signed-in superuser, whose requests have all been answered at the end."""
    intruder = Intruder(session_key("ada", is_superuser=True))
    yield intruder
    assert "\n".join(intruder.failures) == ""


@pytest.fixture
def paths(intruder: Intruder, in_process: Service) -> list[str]:
    """Every page, with data to show."""
    filled = pages.fill(in_process, pages.Texts())
    return list(dict.fromkeys([*(each for each in routes() if "{}" not in each), *filled]))


def test_parts_of_paths(intruder: Intruder) -> None:
    for place, route in enumerate(each for each in routes() if "{}" in each):
        for number, value in enumerate(hostile(place)):
            intruder.send(("GET", "POST")[number % 2], route.replace("{}", value))


def test_lookups_of_lists(intruder: Intruder, paths: list[str]) -> None:
    for path, model in lists().items():
        for name in list(lookups(model))[::SHARE]:
            intruder.send("GET", path, f"{name}=a%00b(")


@pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime")  # a day without a zone
def test_filters_of_lists(intruder: Intruder, paths: list[str]) -> None:
    for path in lists():
        for value in HOSTILE:
            intruder.send("GET", path, join(dict.fromkeys(IN_EVERY_LIST, value)))
        for place, name in enumerate([TO_FIELD_VAR, PAGE_VAR, *intruder.filters(path)]):
            for value in hostile(place):
                intruder.send("GET", path, f"{name}={value}&{name}={value}")


def test_queries_of_the_export(intruder: Intruder, paths: list[str]) -> None:
    export = reverse("admin:tickets_ticket_export")
    names = ["q", "o", TO_FIELD_VAR, *intruder.filters(reverse("admin:tickets_ticket_changelist"))]
    for place, name in enumerate(names):
        for value in hostile(place):
            intruder.send("GET", export, f"{name}={value}")


def test_query_strings_of_pages(intruder: Intruder, paths: list[str]) -> None:
    of_related = "app_label=tickets&model_name=ticket&field_name=contact&term="
    for value in HOSTILE:
        intruder.send("GET", reverse("admin:autocomplete"), of_related + value)
        intruder.send("GET", "/openapi.json", f"lang={value}&version={value}")
    for path in (each for each in paths if each not in lists()):
        intruder.send("GET", path, f"{TO_FIELD_VAR}=")
        for number in range(0, len(HOSTILE), 4):
            mixed = {name: HOSTILE[(place + number) % len(HOSTILE)] for place, name in enumerate(OTHERS)}
            intruder.send("GET", path, f"{join(mixed)}&{HOSTILE[number]}={HOSTILE[number]}")


def fields_of(intruder: Intruder, path: str) -> dict[str, str]:
    """The form fields of a page with valid values, but for those that every page has."""
    fields = FormFields(intruder.send("GET", path)).values
    return {name: value for name, value in fields.items() if name not in {"csrfmiddlewaretoken", "s"}}


def test_forms(intruder: Intruder, paths: list[str]) -> None:
    """Each field meets each value (the suite: one of five), beside other values in the other fields."""
    values = [*HOSTILE, LONG]
    for at, path in enumerate(paths):
        fields = fields_of(intruder, path)
        for number in range(at % SHARE, len(values), SHARE) if fields else []:
            mixed = {name: values[(place + number) % len(values)] for place, name in enumerate(fields)}
            intruder.send("POST", path, body=join(mixed))


def test_forms_with_one_hostile_field(intruder: Intruder, paths: list[str]) -> None:
    for path in paths:
        fields = fields_of(intruder, path)
        for name in fields:
            for value in ("a%00b", "9" * 30):
                intruder.send("POST", path, body=join({**fields, name: value}))


def test_cookies(intruder: Intruder) -> None:
    of_session = f"sessionid={intruder.session}"
    for path in (*(each for each in routes() if "{}" not in each), "/api/v1/tickets"):
        for value in COOKIES:
            intruder.send("GET", path, cookie=f"sessionid={value}; csrftoken={value}; messages={value}")
    for value in COOKIES:
        for method in ("GET", "POST"):
            intruder.send(method, "/admin/", cookie=f"{of_session}; csrftoken={value}; messages={value}")
            intruder.send(method, "/api/v1/tickets", cookie=f"{of_session}; csrftoken={value}; messages={value}")
