"""Parses the query string of a list. An unknown, malformed or repeated parameter is 400 and named."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.pagination import cursors
from core.pagination.collection import ORDERINGS, Collection, ParameterType, Query
from core.search import is_east_asian

MAX_LIMIT = 1000
MAX_ID = 2**63 - 1
MIN_SEARCH_LENGTH = 3  # characters; a shorter text has no trigram for the search indexes (see `core.search`)
MAX_SEARCH_LENGTH = 255
SHORTER = "; one is enough in Chinese, Japanese and Korean"
HOW_TEXTS_MATCH = (
    ", whatever its case, Unicode normalisation and width, with curly or straight quotes; not HTML-escaped. At least "
    f"{MIN_SEARCH_LENGTH} characters{SHORTER}."
)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
ORDERING_NAMES = [sign + name for name in ORDERINGS for sign in ("", "-")]


def whole_number(maximum: int) -> ParameterType:
    """Integers from 1 to `maximum`."""

    def parse(text: str) -> int:
        number = int(text) if re.fullmatch("[0-9]{1,19}", text) else 0
        if not 1 <= number <= maximum:
            raise ValueError(f"Must be a whole number from 1 to {maximum}.")
        return number

    size = {"format": "int64"} if maximum == MAX_ID else {"maximum": maximum}
    return ParameterType(parse, {"type": "integer", "minimum": 1, **size})


def choice(*names: str) -> ParameterType:
    """One of `names`."""

    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"Must be one of {', '.join(names)}.")
        return text

    return ParameterType(parse, {"type": "string", "enum": list(names)})


def parse_date_time(text: str) -> datetime:
    """The datetime in UTC of an RFC 3339 date-time (section 5.6)."""
    try:
        if RFC_3339.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("Must be an RFC 3339 time such as 2026-11-24T09:30:00Z; in a URL, `+` is written %2B.")


def parse_search(text: str) -> str:
    """A text that the search indexes can look up."""
    may_be_short = is_east_asian(text)
    if not (1 if may_be_short else MIN_SEARCH_LENGTH) <= len(text) <= MAX_SEARCH_LENGTH:
        raise ValueError(f"Must have {MIN_SEARCH_LENGTH} to {MAX_SEARCH_LENGTH} characters{SHORTER}.")
    # One at the very beginning, followed by signs, is in no trigram.
    if not (may_be_short or any(map(str.isalnum, text[1:]))):
        raise ValueError("Must contain two letters or digits.")
    if "\0" in text:
        raise ValueError("Must not contain a null character.")
    return text


DATE_TIME = ParameterType(parse_date_time, {"type": "string", "format": "date-time"})
SEARCH = ParameterType(parse_search, {"type": "string", "minLength": 1, "maxLength": MAX_SEARCH_LENGTH})
ORDERING = choice(*ORDERING_NAMES)
LIMIT = whole_number(MAX_LIMIT)


def read_query(request: Request, collection: Collection) -> Query:
    """The parsed query string. Raises ValidationError by the name of each unknown, malformed or repeated parameter."""
    parsers: dict[str, Callable[[str], Any]] = {
        **{name: each.type.parse for name, each in collection.filters.items()},
        "ordering": ORDERING.parse,
        "limit": LIMIT.parse,
        "cursor": str,
    }
    values, errors = {}, {}
    for name, texts in request.query_params.lists():
        try:
            values[name] = _read_one(parsers.get(name), texts)
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise ValidationError(errors)
    ordering, limit, cursor = (values.pop(name, None) for name in ("ordering", "limit", "cursor"))
    query = Query(values, ordering or "id", limit)
    if cursor is None:
        return query
    try:
        return cursors.decode(collection, query, cursor)
    except ValueError as error:
        raise ValidationError({"cursor": [str(error)]}) from error


def _read_one(parse: Callable[[str], Any] | None, texts: list[str]) -> Any:
    if parse is None:
        raise ValueError("Unknown parameter.")
    if len(texts) > 1:
        raise ValueError("May be given only once.")
    return parse(texts[0])
