"""Adds fake tickets in bulk, bypassing the services: no event is recorded, so no webhook is sent."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.db import connection, transaction

BATCH = 1000  # tickets per transaction
TICKETS_PER_CONTACT = 5
PERIOD = timedelta(days=365)
RESOLVED_SHARE = 0.97
MEAN_HOURS_TO_RESOLVE = 60.0

# A known address adds no contact.
ADD_CONTACTS = """
INSERT INTO contacts (full_name, email, created_at)
SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[])
ON CONFLICT (email) DO NOTHING
RETURNING id, created_at
"""
ADD_TICKETS = "COPY tickets (contact_id, issue_description, status, created_at, resolved_at) FROM STDIN"


class FakeSource(Protocol):
    """Generates people and issue descriptions (see tickets.fake_data)."""

    random: random.Random

    def person(self) -> tuple[str, str]: ...
    def issue_description(self) -> str: ...


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
        times = [now - PERIOD * (1 - (start + each) / count) for each in range(size)]
        with transaction.atomic():
            new_contacts = _add_contacts(times[::TICKETS_PER_CONTACT], source)
            _add_tickets(times, now, contacts, new_contacts, source)
        yield Batch(len(new_contacts), size)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) contacts, tickets")


def _add_contacts(times: list[datetime], source: FakeSource) -> dict[datetime, int]:
    """Adds a contact per time; returns their ids by the time of their first ticket."""
    names, emails = zip(*(source.person() for _ in times), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(ADD_CONTACTS, [list(names), list(emails), times])
        return {opened_at: contact for contact, opened_at in cursor.fetchall()}


def _add_tickets(
    times: list[datetime], now: datetime, contacts: list[int], new_contacts: dict[datetime, int], source: FakeSource
) -> None:
    """Copies a ticket per time; appends new_contacts to `contacts`."""
    with connection.cursor() as cursor, cursor.copy(ADD_TICKETS) as copy:
        for opened_at in times:
            if opened_at in new_contacts:
                contacts.append(new_contacts[opened_at])
                contact = contacts[-1]
            else:
                contact = source.random.choice(contacts or [*new_contacts.values()])
            resolved_at = _resolution(opened_at, now, source.random)
            status = "resolved" if resolved_at else "open"
            copy.write_row((contact, source.issue_description(), status, opened_at, resolved_at))


def _resolution(opened_at: datetime, now: datetime, source: random.Random) -> datetime | None:
    """When the ticket was resolved; None if it is open."""
    resolved_at = opened_at + timedelta(hours=source.expovariate(1 / MEAN_HOURS_TO_RESOLVE))
    return resolved_at if resolved_at < now and source.random() < RESOLVED_SHARE else None
