"""Adds fake tickets in bulk, bypassing the services: no event is recorded, so no webhook is sent."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db import connection, transaction

from tickets.models import SEARCH_BUFFER

BATCH = 20_000  # tickets per transaction
TICKETS_PER_CONTACT = 5
PERIOD = timedelta(days=365)
RESOLVED_SHARE = 0.97
MEAN_HOURS_TO_RESOLVE = 60.0

# An address that exists already makes no new contact.
ADD_CONTACTS = """
INSERT INTO contacts (full_name, email, created_at)
SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
ON CONFLICT (email) DO NOTHING
RETURNING id, created_at
"""
# The GIN pending list is merged into the search index once per batch, which halves the time.
WIDEN_SEARCH_BUFFER = "ALTER INDEX tickets_search SET (gin_pending_list_limit = 131072)"
EMPTY_SEARCH_BUFFER = f"""
SELECT gin_clean_pending_list('tickets_search');
ALTER INDEX tickets_search SET (gin_pending_list_limit = {SEARCH_BUFFER})
"""
ADD_TICKETS = "COPY tickets (contact_id, issue_description, status, created_at, resolved_at) FROM STDIN"


class FakeSource(Protocol):
    """Generates people and complaints (see tickets.fake_data)."""

    random: random.Random

    def person(self) -> tuple[str, str]: ...
    def complaint(self) -> str: ...


class Batch(NamedTuple):
    """Rows added by one transaction."""

    contacts: int
    tickets: int


def seed(count: int, now: datetime, source: FakeSource) -> Iterator[Batch]:
    """Adds `count` tickets opened in the year before `now`, oldest first, a transaction per batch.

    About one in five is from a new contact, the others from contacts of this run. Most are resolved.
    """
    contacts: list[int] = []
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        moments = [now - PERIOD * (1 - (start + each) / count) for each in range(size)]
        with transaction.atomic(), connection.cursor() as cursor:
            newcomers = _add_contacts(moments[::TICKETS_PER_CONTACT], source)
            cursor.execute(WIDEN_SEARCH_BUFFER)
            _add_tickets(moments, now, contacts, newcomers, source)
            cursor.execute(EMPTY_SEARCH_BUFFER)
        yield Batch(len(newcomers), size)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) contacts, tickets")


def _add_contacts(moments: list[datetime], source: FakeSource) -> dict[datetime, int]:
    """Adds a contact per moment; returns their ids by the moment of their first ticket."""
    names, emails = zip(*(source.person() for _ in moments), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(ADD_CONTACTS, [list(names), list(emails), moments])
        return {moment: contact for contact, moment in cursor.fetchall()}


def _add_tickets(
    moments: list[datetime], now: datetime, contacts: list[int], newcomers: dict[datetime, int], source: FakeSource
) -> None:
    """Copies a ticket per moment; appends newcomers to `contacts`."""
    with connection.cursor() as cursor, cursor.copy(ADD_TICKETS) as copy:
        for moment in moments:
            if moment in newcomers:
                contacts.append(newcomers[moment])
                contact = contacts[-1]
            else:
                contact = source.random.choice(contacts or [*newcomers.values()])
            resolved_at = _resolution(moment, now, source.random)
            status = "resolved" if resolved_at else "open"
            copy.write_row((contact, source.complaint(), status, moment, resolved_at))


def _resolution(opened_at: datetime, now: datetime, source: random.Random) -> datetime | None:
    """When the ticket was resolved; None if it is open."""
    resolved_at = opened_at + timedelta(hours=source.expovariate(1 / MEAN_HOURS_TO_RESOLVE))
    return resolved_at if resolved_at < now and source.random() < RESOLVED_SHARE else None
