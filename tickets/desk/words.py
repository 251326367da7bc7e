"""How tickets are written on the pages of the support desk."""

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timesince import timesince

from tickets.models import Ticket

FIRST_LINE_LENGTH = 80


def first_line(ticket: Ticket) -> str:
    """The beginning of the text, short enough for a row."""
    return Truncator(ticket.issue_description.splitlines()[0]).chars(FIRST_LINE_LENGTH)


def age(moment: datetime) -> SafeString:
    """How long ago, in words; the exact time (UTC) shows on hover."""
    length = timesince(moment, depth=1)
    return format_html(
        '<time datetime="{}" title="{} UTC" class="desk-age">{}</time>',
        moment.isoformat(),
        f"{moment:%Y-%m-%d %H:%M:%S}",
        "just now" if length.startswith("0") else f"{length} ago",
    )


def badge(state: str) -> SafeString:
    """The word in the colour that `desk.css` has for it."""
    return format_html('<span class="desk-badge desk-{}">{}</span>', state, state)


def tickets(count: int) -> str:
    """`1 ticket`, `2 tickets`."""
    return "1 ticket" if count == 1 else f"{count:,} tickets"
