"""Formatting of times, states and quantities at the support desk."""

from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from core.visible_text import visible

NOTHING = "–"  # in place of an empty value


def age(moment: datetime) -> SafeString:
    """The age as `<time>`, with the exact time (UTC) on hover."""
    length = timesince(moment, depth=1)
    return format_html(
        '<time datetime="{}" title="{} UTC" class="desk-age">{}</time>',
        moment.isoformat(),
        f"{moment:%Y-%m-%d %H:%M:%S}",
        "just now" if length.startswith("0") else f"{length} ago",
    )


def moment(at: datetime | None) -> SafeString | str:
    """The exact time as `<time>`, such as `27 Nov 2026, 14:38:05 UTC`; a dash for None."""
    if at is None:
        return NOTHING
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), date_format(at, "DATETIME_FORMAT"))


def duration(length: timedelta | None) -> str:
    """`45 s`, `12 min`, `3.5 h`, `2.1 days`; a dash for None."""
    if length is None:
        return NOTHING
    seconds = length.total_seconds()
    for unit, size, below in (("s", 1, 60), ("min", 60, 3600)):
        if seconds < below:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def typed(text: object) -> SafeString:
    """What somebody has typed, with the direction of its own script, and a note in place of what shows nothing."""
    return format_html("<bdi>{}</bdi>", visible(str(text)))


def badge(state: str) -> SafeString:
    """The state as a badge; `desk.css` has its colour."""
    return format_html('<span class="desk-badge desk-{}">{}</span>', state, state)


def marked(text: str, caution: str) -> SafeString:
    """The text, with a mark that says the sentence `caution` unless that is empty."""
    if not caution:
        return format_html("{}", text)
    mark = '<span class="desk-caution" role="img" aria-label="{}" title="{}">⚠</span> {}'
    return format_html(mark, caution, caution, text)


def quantity(count: int, singular: str, plural: str = "") -> str:
    """`1 ticket`, `2,000 tickets`; the plural is the singular with an `s` unless given."""
    return f"1 {singular}" if count == 1 else f"{count:,} {plural or singular + 's'}"
