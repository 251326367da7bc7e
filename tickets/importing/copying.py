"""Copies an original's contacts and tickets in batches, without sending webhooks."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import connection, transaction

from contacts.models import Contact
from tickets.importing.cleaning import InvalidRowError, clean_contact, clean_email, clean_ticket
from tickets.importing.original import OriginalContact, OriginalTicket
from tickets.importing.report import Report
from tickets.models import Ticket

NUMBER_TAKEN = "its number belongs to another one here"
Times = dict[int, datetime]  # by id


def reserve_ids(table: str, largest: int) -> None:
    """Advances the id sequence beyond `largest`, so that new rows get no id that is about to be copied."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Blocks inserts until the sequence is set. Limited to 5 s, as inserts queue behind a waiting lock.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        (sequence,) = cursor.fetchone()
        behind = f"FROM {sequence} WHERE last_value + is_called::int <= %s"
        cursor.execute(f"SELECT setval(%s, %s) {behind}", [sequence, largest, largest])


def copy_contacts(originals: Sequence[OriginalContact], report: Report) -> None:
    """Copies contacts that are not here yet. One whose address is known is merged into that contact."""
    times = _times(Contact, (original.id for original in originals))
    contacts = []
    for original in originals:
        if times.get(original.id) == original.created_at:
            report.here += 1
            continue
        try:
            contacts.append(clean_contact(original))
        except InvalidRowError as reason:
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
    # ignore_conflicts: a customer may have opened a ticket here since the look-up; then that contact stands.
    Contact.objects.bulk_create(new, ignore_conflicts=True)
    report.copied += len(new)


def copy_tickets(originals: Sequence[OriginalTicket], report: Report) -> None:
    """Copies tickets that are not here yet and whose contact is."""
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
            except InvalidRowError as reason:
                report.skip(original.id, str(reason))
    Ticket.objects.bulk_create(new)
    report.copied += len(new)


def _contact_ids(originals: Collection[OriginalContact]) -> dict[int, int]:
    """Maps the ids of original contacts to ids here; a contact that was skipped is missing.

    A contact with the same id and creation time (to the microsecond) is the copy, whatever staff changed since; the id
    alone may belong to another contact. Otherwise the address decides.
    """
    times = _times(Contact, (original.id for original in originals))
    found, emails = {}, {}
    for original in originals:
        if times.get(original.id) == original.created_at:
            found[original.id] = original.id
        else:
            with suppress(InvalidRowError):
                emails[original.id] = clean_email(original)
    by_email = _by_email(emails.values())
    return found | {number: by_email[email] for number, email in emails.items() if email in by_email}


def _times(model: type[Contact] | type[Ticket], ids: Iterable[int]) -> Times:
    return dict(model._default_manager.filter(pk__in=list(ids)).values_list("pk", "created_at"))


def _by_email(emails: Iterable[str]) -> dict[str, int]:
    return dict(Contact.objects.filter(email__in=list(emails)).values_list("email", "pk"))
