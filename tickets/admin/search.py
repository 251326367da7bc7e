"""Finds tickets by number, text, and their contact's name and e-mail address."""

import re

from django.db.models import Max, Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

from contacts.models import Contact
from tickets.models import Ticket

NUMBER = re.compile(r"#?([0-9]{1,18})")
# What the trigram indexes can look up; for anything shorter they would be read from end to end.
INDEXED = re.compile(r"[^\W_]{3}|[\W_][^\W_]+[\W_]")
MOST_WORDS = 10
MANY_CONTACTS = 5_000
NEWEST = 10_000


def search(tickets: QuerySet[Ticket], query: str) -> QuerySet[Ticket]:
    """Those of the tickets in which every word of `query` occurs; "quoted words" stay together, case is ignored.

    `#42` is the ticket of that number; `42` also finds it. Where no word is long enough for an index, only the newest
    tickets are looked through. Words after the tenth are ignored.
    """
    query = query.replace("\x00", "").strip()
    number = NUMBER.fullmatch(query)
    if number and query.startswith("#"):
        return tickets.filter(pk=int(number[1]))
    words = [_unquoted(word) for word in smart_split(query)][:MOST_WORDS]
    found = Q()
    for word in words:
        found &= Q(issue_description__icontains=word) | _contact_matches(word)
    if words and not any(map(INDEXED.search, words)):
        found &= newest()
    return tickets.filter(found | Q(pk=int(number[1])) if number else found)


def newest() -> Q:
    """The newest `NEWEST` tickets, which can be looked through without an index."""
    last = Ticket.objects.aggregate(last=Max("pk"))["last"] or 0
    return Q(pk__gt=last - NEWEST)


def _contact_matches(word: str) -> Q:
    """In a form from which PostgreSQL can tell how many tickets match, and so choose between newest first and index."""
    if INDEXED.search(word):
        contacts = Contact.objects.filter(Q(full_name__icontains=word) | Q(email__icontains=word)).order_by()
        ids = list(contacts.values_list("pk", flat=True)[: MANY_CONTACTS + 1])
        if len(ids) <= MANY_CONTACTS:
            return Q(contact_id__in=ids)
    return Q(contact__full_name__icontains=word) | Q(contact__email__icontains=word)


def _unquoted(word: str) -> str:
    quoted = word[0] in "\"'" and len(word) > 2 and word[0] == word[-1]
    return unescape_string_literal(word) if quoted else word
