"""Tickets as CSV (RFC 4180): streamed, with the true text, and protected against formula injection (CWE-1236)."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from tickets.models import Ticket

CHUNK_ROWS = 1000
COLUMNS = {
    "number": "pk",
    "status": "status",
    "created": "created_at",
    "resolved": "resolved_at",
    "resolved by": "resolved_by__username",
    "contact": "contact_id",
    "name": "contact__full_name",
    "email": "contact__email",
    "text": "issue_description",
}
BYTE_ORDER_MARK = "\ufeff"  # spreadsheets need it to recognise UTF-8
# Where a spreadsheet may begin a cell: at the start of ours; and inside, as one that expects semicolons (as in most of
# Europe) or tabs takes no notice of our quotes. Spaces and quotes before the sign are ignored, as it ignores them; the
# full-width signs are those of Japanese and Chinese keyboards.
FORMULA = re.compile(r"""^(?=[\t\r])|(?:^|(?<=[;\t\r\n]))(?=(?:"|[^\S\t\r\n])*[=+\-@＝＋－＠])""")


class _Echo:
    """A file for `csv.writer` whose `write` returns the line."""

    def write(self, text: str) -> str:
        return text


def escape_formulas(value: Any) -> str:
    """The cell's text, with an apostrophe before everything that a spreadsheet would run as a formula."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return FORMULA.sub("'", str(value))


def csv_lines(tickets: QuerySet[Ticket]) -> Iterator[str]:
    """A header and a line per ticket, newest first; queried in chunks by key, so that memory stays constant."""
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    rows: list[Any] = []
    chunk = tickets.order_by("-pk").values_list(*COLUMNS.values())
    while True:
        rows = list((chunk.filter(pk__lt=rows[-1][0]) if rows else chunk)[:CHUNK_ROWS])
        for row in rows:
            yield writer.writerow([escape_formulas(value) for value in row])
        if len(rows) < CHUNK_ROWS:
            return
