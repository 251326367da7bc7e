"""Writes an original's contacts and tickets into this service, batch by batch, telling no receiver."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import connection, transaction

from contacts.models import Contact
from tickets.importing.cleaning import UnusableError, clean_contact, clean_email, clean_ticket
from tickets.importing.original import OriginalContact, OriginalTicket
from tickets.importing.report import Report
from tickets.models import Ticket

NUMBER_TAKEN = "its number belongs to another one here"
Times = dict[int, datetime]  # by id


def reserve_ids(table: str, largest: int) -> None:
    """Lets what is created here have an id beyond `largest`, so that nobody gets one that is about to be copied."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Keeps new rows, and so new numbers, away for the statements that follow; while it waits, clients wait, too.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        (sequence,) = cursor.fetchone()
        behind = f"FROM {sequence} WHERE last_value + is_called::int <= %s"
        cursor.execute(f"SELECT setval(%s, %s) {behind}", [sequence, largest, largest])


def copy_contacts(originals: Sequence[OriginalContact], report: Report) -> None:
    """Copies those contacts that are not here yet. One whose address is here already is that contact."""
    times = _times(Contact, (original.id for original in originals))
    contacts = []
    for original in originals:
        if times.get(original.id) == original.created_at:
            report.here += 1
            continue
        try:
            contacts.append(clean_contact(original))
        except UnusableError as reason:
            report.skip(original.id, str(reason))
    by_email = _by_email(contact.email for contact in contacts)
    new = []
    for contact in contacts:
        if contact.email in by_email:
            report.merge(contact.id, by_email[contact.email])
        elif contact.id in times:
            report.skip(contact.id, NUMBER_TAKEN)
        else:
            by_email[contact.email] = contact.id
            new.append(contact)
    # A conflict is a customer who has opened a ticket here since the look-up: the contact by that address, then.
    Contact.objects.bulk_create(new, ignore_conflicts=True)
    report.copied += len(new)


def copy_tickets(originals: Sequence[OriginalTicket], report: Report) -> None:
    """Copies those tickets that are not here yet and whose contact is."""
    times = _times(Ticket, (original.id for original in originals))
    contact_ids = _contact_ids({original.contact for original in originals})
    new = []
    for original in originals:
        if times.get(original.id) == original.created_at:
            report.here += 1
        elif original.id in times:
            report.skip(original.id, NUMBER_TAKEN)
        elif original.contact.id not in contact_ids:
            report.skip(original.id, "its contact was skipped")
        else:
            try:
                new.append(clean_ticket(original, contact_ids[original.contact.id]))
            except UnusableError as reason:
                report.skip(original.id, str(reason))
    Ticket.objects.bulk_create(new)
    report.copied += len(new)


def _contact_ids(originals: Collection[OriginalContact]) -> dict[int, int]:
    """The ids here of the original contacts, by the original's id; none for a contact that was skipped.

    An id alone proves nothing, as it may be another contact's. With the same time of creation, to the microsecond, it
    is the one copied before, whatever staff have made of its name and address since.
    """
    times = _times(Contact, (original.id for original in originals))
    found, emails = {}, {}
    for original in originals:
        if times.get(original.id) == original.created_at:
            found[original.id] = original.id
        else:
            with suppress(UnusableError):
                emails[original.id] = clean_email(original)
    by_email = _by_email(emails.values())
    return found | {number: by_email[email] for number, email in emails.items() if email in by_email}


def _times(model: type[Contact] | type[Ticket], ids: Iterable[int]) -> Times:
    return dict(model._default_manager.filter(pk__in=list(ids)).values_list("pk", "created_at"))


def _by_email(emails: Iterable[str]) -> dict[str, int]:
    return dict(Contact.objects.filter(email__in=list(emails)).values_list("email", "pk"))
