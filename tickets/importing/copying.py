"""Copies an original's contacts and tickets in batches, without sending webhooks."""

from collections.abc import Collection, Sequence
from contextlib import suppress

from tickets.importing.cleaning import InvalidRowError, clean_contact, clean_email, clean_ticket
from tickets.importing.destination import Destination
from tickets.importing.original import OriginalContact, OriginalTicket
from tickets.importing.report import Report

NUMBER_TAKEN = "its number belongs to another one here"
CONTACT_SKIPPED, CONTACT_ERASED = "its contact was skipped", "its contact was erased here"


def copy_contacts(originals: Sequence[OriginalContact], to: Destination, report: Report) -> None:
    """Copies contacts that are not here yet. One whose address is known is merged into that contact."""
    times = to.contact_times([original.id for original in originals])
    contacts = []
    for original in originals:
        if times.get(original.id) == original.created_at:
            report.here += 1
            continue
        try:
            contacts.append(clean_contact(original))
        except InvalidRowError as reason:
            report.skip(original.id, str(reason))
    by_email = to.contacts_by_email([contact.email for contact in contacts])
    new = []
    for contact in contacts:
        if contact.email in by_email:
            report.merge(contact.id, by_email[contact.email])
        elif contact.id in times:
            report.skip(contact.id, NUMBER_TAKEN)
        else:
            by_email[contact.email] = contact.id
            new.append(contact)
    to.add_contacts(new)
    report.copied += len(new)


def copy_tickets(originals: Sequence[OriginalTicket], to: Destination, report: Report) -> None:
    """Copies tickets that are not here yet and whose contact is, and was not erased."""
    times = to.ticket_times([original.id for original in originals])
    contact_ids = _contact_ids({original.contact for original in originals}, to)
    erased = to.erased_contacts(list(contact_ids.values()))
    new = []
    for original in originals:
        if times.get(original.id) == original.created_at:
            report.here += 1
        elif original.id in times:
            report.skip(original.id, NUMBER_TAKEN)
        elif original.contact.id not in contact_ids:
            report.skip(original.id, CONTACT_SKIPPED)
        elif contact_ids[original.contact.id] in erased:
            report.skip(original.id, CONTACT_ERASED)
        else:
            try:
                new.append(clean_ticket(original, contact_ids[original.contact.id]))
            except InvalidRowError as reason:
                report.skip(original.id, str(reason))
    to.add_tickets(new)
    report.copied += len(new)


def _contact_ids(originals: Collection[OriginalContact], to: Destination) -> dict[int, int]:
    """Maps the ids of original contacts to ids here; a contact that was skipped is missing.

    A contact with the same id and creation time (to the microsecond) is the copy, whatever staff changed since; the id
    alone may belong to another contact. Otherwise the address decides.
    """
    times = to.contact_times([original.id for original in originals])
    found, emails = {}, {}
    for original in originals:
        if times.get(original.id) == original.created_at:
            found[original.id] = original.id
        else:
            with suppress(InvalidRowError):
                emails[original.id] = clean_email(original)
    by_email = to.contacts_by_email(list(emails.values()))
    return found | {number: by_email[email] for number, email in emails.items() if email in by_email}
