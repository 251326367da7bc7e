"""Search by ticket number, text, and contact name or email address."""

import re

from django.db.models import Max, Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

from contacts.models import Contact
from tickets.models import Ticket

NUMBER = re.compile(r"#?([0-9]{1,18})")
# Words that trigram indexes (pg_trgm) can look up; anything shorter would scan the whole index.
INDEXED = re.compile(r"[^\W_]{3}|[\W_][^\W_]+[\W_]")
MAX_WORDS = 10
MAX_CONTACT_IDS = 5_000
NEWEST = 10_000


def search(tickets: QuerySet[Ticket], query: str) -> QuerySet[Ticket]:
    """Tickets that contain every word of `query`, ignoring case; "quoted words" stay together.

    `#42` is the ticket with that number; `42` also finds it. If no word is long enough for an index, only the newest
    tickets are searched. At most `MAX_WORDS` words count.
    """
    query = query.replace("\x00", "").strip()
    number = NUMBER.fullmatch(query)
    if number and query.startswith("#"):
        return tickets.filter(pk=int(number[1]))
    words = [_unquoted(word) for word in smart_split(query)][:MAX_WORDS]
    found = Q()
    for word in words:
        found &= Q(issue_description__icontains=word) | _contact_matches(word)
    if words and not any(map(INDEXED.search, words)):
        found &= newest()
    return tickets.filter(found | Q(pk=int(number[1])) if number else found)


def newest() -> Q:
    """The newest `NEWEST` tickets, few enough to search without an index."""
    last = Ticket.objects.aggregate(last=Max("pk"))["last"] or 0
    return Q(pk__gt=last - NEWEST)


def _contact_matches(word: str) -> Q:
    """Contact ids where there are few, so that the planner can estimate and avoids the ORDER BY … LIMIT trap."""
    if INDEXED.search(word):
        contacts = Contact.objects.filter(Q(full_name__icontains=word) | Q(email__icontains=word)).order_by()
        ids = list(contacts.values_list("pk", flat=True)[: MAX_CONTACT_IDS + 1])
        if len(ids) <= MAX_CONTACT_IDS:
            return Q(contact_id__in=ids)
    return Q(contact__full_name__icontains=word) | Q(contact__email__icontains=word)


def _unquoted(word: str) -> str:
    quoted = word[0] in "\"'" and len(word) > 2 and word[0] == word[-1]
    return unescape_string_literal(word) if quoted else word
