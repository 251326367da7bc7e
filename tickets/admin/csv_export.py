"""Tickets as CSV (RFC 4180) for a spreadsheet: the true text, streamed, and no cell that a spreadsheet would run."""

import csv
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
BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheets know UTF-8


class _Echo:
    """A file for `csv.writer` that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def harmless(value: Any) -> str:
    """The cell's text; with an apostrophe before it where a spreadsheet would take it for a formula (CWE-1236)."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    text = str(value)
    dangerous = text[:1] in ("\t", "\r") or text.lstrip()[:1] in ("=", "+", "-", "@")
    return f"'{text}" if dangerous else text


def csv_lines(tickets: QuerySet[Ticket]) -> Iterator[str]:
    """A header and a line for each of the tickets, newest first; a chunk of rows at a time, whatever their number."""
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(COLUMNS)
    rows: list[Any] = []
    chunk = tickets.order_by("-pk").values_list(*COLUMNS.values())
    while True:
        rows = list((chunk.filter(pk__lt=rows[-1][0]) if rows else chunk)[:CHUNK_ROWS])
        for row in rows:
            yield writer.writerow([harmless(value) for value in row])
        if len(rows) < CHUNK_ROWS:
            return
