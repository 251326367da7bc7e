"""Search by ticket number, text, and contact name or email address."""

import re

from django.db.models import Max, Q, QuerySet

from contacts.models import Contact
from core.search import is_indexed, split_words
from core.time_limit import TimeLimitExceededError, time_limit
from tickets.models import Ticket

NUMBER = re.compile(r"#?([0-9]{1,18})")
MAX_CONTACT_IDS = 5_000
NEWEST = 10_000
TIME_LIMIT = 0.25  # seconds; beyond it only the newest tickets are searched


def search(tickets: QuerySet[Ticket], query: str) -> QuerySet[Ticket]:
    """Tickets that contain every word of `query` (see `core.search`).

    `#42` is the ticket with that number; `42` also finds it. If no word is long enough for an index, only the newest
    tickets are searched.
    """
    words = split_words(query)
    number = NUMBER.fullmatch(words[0]) if len(words) == 1 else None
    if number and words[0].startswith("#"):
        return tickets.filter(pk=int(number[1]))
    found = Q()
    for word in words:
        found &= Q(search_text__matches=word) | _contact_matches(word)
    if words and not any(map(is_indexed, words)):
        found &= newest()
    return tickets.filter(found | Q(pk=int(number[1])) if number else found)


def newest_tickets(query: str, count: int) -> list[Ticket]:
    """The newest tickets that `search` finds, after the one with that number if it is one."""
    tickets = Ticket.objects.select_related("contact").order_by("-pk")
    number = NUMBER.fullmatch(query.strip())
    exact = list(tickets.filter(pk=int(number[1]))) if number else []
    try:
        with time_limit(TIME_LIMIT):
            found = list(search(tickets, query)[:count])
    except TimeLimitExceededError:
        found = list(search(tickets.filter(newest()), query)[:count])
    return [*exact, *(each for each in found if each not in exact)][:count]


def newest() -> Q:
    """The newest `NEWEST` tickets, few enough to search without an index."""
    last = Ticket.objects.aggregate(last=Max("pk"))["last"] or 0
    return Q(pk__gt=last - NEWEST)


def _contact_matches(word: str) -> Q:
    """Contact ids where there are few, so that the planner can estimate and avoids the ORDER BY … LIMIT trap."""
    if is_indexed(word):
        contacts = Contact.objects.filter(search_text__matches=word).order_by()
        ids = list(contacts.values_list("pk", flat=True)[: MAX_CONTACT_IDS + 1])
        if len(ids) <= MAX_CONTACT_IDS:
            return Q(contact_id__in=ids)
    return Q(contact__search_text__matches=word)
