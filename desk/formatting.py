"""Formatting of times, states and quantities at the support desk."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from core.visible_text import visible

NOTHING = mark_safe('<span class="desk-none">–</span>')  # lists on a phone leave it out
# Unit, its seconds, seconds below which it is used, decimals; days are the rest.
UNITS = [("ms", 0.001, 1, 0), ("s", 1, 10, 1), ("s", 1, 60, 0), ("min", 60, 3600, 0), ("h", 3600, 48 * 3600, 1)]


def age(moment: datetime | None) -> SafeString:
    """The age as `<time>`, with the exact time (UTC) on hover; a dash for None."""
    if moment is None:
        return NOTHING
    length = timesince(moment, depth=1)
    return _relative(moment, "just now" if length.startswith("0") else f"{length} ago")


def until(moment: datetime) -> SafeString:
    """The time left as `<time>`, such as `in 4 min`, with the exact time (UTC) on hover; `due` once it has passed."""
    left = moment - timezone.now()
    return _relative(moment, f"in {_length(left.total_seconds())}" if left > timedelta() else "due")


def _relative(moment: datetime, text: str) -> SafeString:
    title = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), title, text)


def moment(at: datetime | None) -> SafeString:
    """The exact time as `<time>`, such as `27 Nov 2026, 14:38:05 UTC`; a dash for None."""
    if at is None:
        return NOTHING
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), date_format(at, "DATETIME_FORMAT"))


def duration(length: timedelta | float | None) -> SafeString:
    """`4 ms`, `2.5 s`, `45 s`, `12 min`, `3.5 h`, `2.1 days`; a number is seconds; a dash for None."""
    if length is None:
        return NOTHING
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    return format_html('<span class="desk-whole">{}</span>', _length(seconds))


def elapsed(since: datetime) -> SafeString:
    """The duration from then until now."""
    return duration(max(timezone.now() - since, timedelta()))


def _length(seconds: float) -> str:
    """The duration as plain text; no error for what only SQL can store, such as NaN."""
    for unit, size, below, decimals in UNITS:
        if abs(seconds) < below:
            return f"{seconds / size:.{decimals}f} {unit}"
    return f"{seconds / 86400:.1f} days"


def percentage(part: int, whole: int) -> str:
    """`92.9%`; rounded down, so that 100.0% means all."""
    return f"{1000 * part // whole / 10:.1f}%"


def or_dash(value: object) -> object:
    """The value; a dash for None."""
    return NOTHING if value is None else value


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
