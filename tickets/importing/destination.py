"""This service's tables, as the destination of an import, and their stand-in for a dry run."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from contacts.models import ERASED_DOMAIN, Contact
from core.raw_sql import execute
from core.short_transaction import short_transaction
from tickets.models import Ticket

Times = dict[int, datetime]  # by id


class Destination:
    """Contacts and tickets of this service. What is added is committed at once."""

    def contact_times(self, ids: Sequence[int]) -> Times:
        """When the contacts with these ids were created."""
        return dict(Contact.objects.filter(pk__in=ids).values_list("pk", "created_at"))

    def ticket_times(self, ids: Sequence[int]) -> Times:
        """When the tickets with these ids were created."""
        return dict(Ticket.objects.filter(pk__in=ids).values_list("pk", "created_at"))

    def contacts_by_email(self, emails: Sequence[str]) -> dict[str, int]:
        """The ids of the contacts with these addresses."""
        return dict(Contact.objects.filter(email__in=emails).values_list("email", "pk"))

    def erased_contacts(self, ids: Sequence[int]) -> set[int]:
        """Those of these contacts that were erased."""
        contacts = Contact.objects.filter(pk__in=ids, email__endswith=f"@{ERASED_DOMAIN}")
        return set(contacts.values_list("pk", flat=True))

    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        """Adds contacts. A customer may have opened a ticket here since the look-up; then that contact stands."""
        short_transaction(lambda: Contact.objects.bulk_create(contacts, ignore_conflicts=True))

    def add_tickets(self, tickets: Sequence[Ticket]) -> None:
        """Adds tickets, but none of a contact who was erased since the look-up."""
        short_transaction(lambda: self._add_tickets(tickets))

    def _add_tickets(self, tickets: Sequence[Ticket]) -> None:
        contacts = list({ticket.contact_id for ticket in tickets})
        # As opening a ticket does: an erasure waits for this, or this for the erasure.
        execute("SELECT FROM contacts WHERE id = ANY (%(ids)s::bigint[]) ORDER BY id FOR KEY SHARE", {"ids": contacts})
        erased = self.erased_contacts(contacts)
        Ticket.objects.bulk_create(ticket for ticket in tickets if ticket.contact_id not in erased)


class DryRun(Destination):
    """Adds nothing and locks nothing: it only remembers which addresses would have been added."""

    def __init__(self) -> None:
        self._added: dict[str, int] = {}  # ids by address; some 200 bytes for each contact of the original

    def contacts_by_email(self, emails: Sequence[str]) -> dict[str, int]:
        added = {email: self._added[email] for email in emails if email in self._added}
        return added | super().contacts_by_email(emails)

    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        self._added |= {contact.email: contact.pk for contact in contacts}

    def add_tickets(self, tickets: Sequence[Ticket]) -> None:
        pass


def reserve_ids(table: str, largest: int) -> None:
    """Advances the id sequence beyond `largest`, so that new rows get no id that is about to be copied."""
    short_transaction(lambda: _reserve_ids(table, largest))


def _reserve_ids(table: str, largest: int) -> None:
    with connection.cursor() as cursor:
        # Blocks inserts until the sequence is set: a concurrent one must not get a number in between.
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        (sequence,) = cursor.fetchone()
        behind = f"FROM {sequence} WHERE last_value + is_called::int <= %s"
        cursor.execute(f"SELECT setval(%s, %s) {behind}", [sequence, largest, largest])
