"""Requests that no honest client sends: hostile values, and where a page takes one.

Nothing is listed by hand: paths come from the URL configuration, parameters of a list from its filters and its model,
fields of a form from the page that shows it.
"""

import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote

from django.apps import apps
from django.contrib import admin
from django.db import transaction
from django.db.models import Field, Model
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

# As they stand in a URL or in the body of a form. UTF-8 has no surrogates: %ED%A0%80 would be one.
HOSTILE = [
    *("", "a%00b", "%01%1B", "%0D%0ASet-Cookie:%20a=b", "%ED%A0%80", "%FF%zz%", "%F0%9F%94%A5", "'%22%5C"),
    *("-1", "9" * 30, "9" * 4400, "1e400", "nan", "%5B%5D", "(a%2B)%2B%24", "a%20%22" * 500),
    *("2000-02-30", "0000-00-00", "0001-01-01", "9999-12-31"),
]
SHARE = 1 if os.environ.get("THOROUGH") else 5  # `make fuzz` sends every value everywhere, the suite one of five
LONG = "x" * 20_000  # in a form; a URL is shorter
REFERENCE = re.compile(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^()]*\)")


def hostile(place: int) -> list[str]:
    """The hostile values for a place, of which each has another number: if not all, then others than its neighbours."""
    return HOSTILE[place % SHARE :: SHARE]


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every path of the URL configuration, with `{}` for each part that varies."""
    for each in (resolver or get_resolver()).url_patterns:
        own = prefix + re.sub(r"^\^|/\?\$$|\$$|\\", "", REFERENCE.sub("{}", str(each.pattern)))
        if isinstance(each, URLResolver):
            yield from routes(each, own)
        else:
            yield own


def lists() -> dict[str, type[Model]]:
    """The model of each list at the desk, by its path."""
    models = filter(admin.site.is_registered, apps.get_models())
    return {reverse(f"admin:{each._meta.app_label}_{each._meta.model_name}_changelist"): each for each in models}


def lookups(model: type[Model], prefix: str = "") -> Iterator[str]:
    """Every lookup of every field of the model, and two of each field of a related one."""
    for field in model._meta.get_fields():
        name = prefix + field.name
        of_field = field.get_lookups() if isinstance(field, Field) and not prefix else ["regex"]
        yield from (name, *(f"{name}__{lookup}" for lookup in of_field))
        if not prefix and field.related_model:
            yield from lookups(field.related_model, f"{name}__")


class FormFields(HTMLParser):
    """The names of a page's form fields with a valid value: what the page has filled in, or the last option."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}  # encoded
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        name, value = found.get("name", ""), quote(found.get("value", ""))
        if tag == "select":
            self._select = name
        if tag == "option":
            self.values[self._select] = value
        elif tag in {"input", "textarea", "select", "button"} and name:
            self.values[name] = value


class Intruder:
    """Sends requests with a session, each rolled back, and keeps those that ended in a 5xx as `failures`."""

    def __init__(self, session: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.session = session
        self.failures: list[str] = []

    def filters(self, path: str) -> list[str]:
        """The parameters of the filters of a list."""
        shown = self.client.get(path, headers={"cookie": f"sessionid={self.session}"}).context["cl"]
        return [name for each in shown.filter_specs for name in each.expected_parameters()]

    def send(self, method: str, path: str, query: str = "", body: str = "", **headers: str) -> str:
        """Sends it; returns the page, which is empty for anything else."""
        headers = {"cookie": f"sessionid={self.session}", **headers}
        form = "application/x-www-form-urlencoded"
        with transaction.atomic():
            response = self.client.generic(method, path, body, form, QUERY_STRING=query, headers=headers)
            content = b"".join(response)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            self.failures.append(f"{method} {path[:200]}?{query[:200]} {body[:500]!r} {headers}")
        return content.decode() if response["Content-Type"].startswith("text/html") else ""


def join(values: dict[str, str]) -> str:
    """The names and values as in a query string or in the body of a form; the values are encoded already."""
    return "&".join(f"{quote(name)}={value}" for name, value in values.items())
