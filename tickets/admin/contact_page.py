"""Adds to a contact's page at the support desk what they wrote, and what they may ask for: export and erasure."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse

from contacts.admin import ContactAdmin
from contacts.models import Contact
from desk.buttons import button
from desk.formatting import quantity
from tickets import privacy
from tickets.models import Ticket
from webhooks.erasure import UnderWayError

NEWEST = 20  # tickets on the page


class EraseForm(forms.Form):
    """What staff confirm before a contact is erased."""

    explanation = (
        "This cannot be undone. Name and email address are replaced by a stand-in, and the texts of all their tickets "
        "are removed, also from the log of webhooks and from what receivers answered. Webhooks about them that were "
        "not delivered yet are cancelled. The tickets themselves stay, with their numbers, times and states. What "
        "receivers already have, and backups made before, are not reached from here. With the same address they can "
        "open tickets again, as a new contact."
    )
    sure = forms.BooleanField(
        label="Erase for good",
        error_messages={"required": "Tick this to confirm that it cannot be undone."},
    )


def tickets_panel(request: HttpRequest, contact: Contact) -> dict[str, Any] | None:
    """The contact's newest tickets, for those who may see tickets."""
    if not request.user.has_perm("tickets.view_ticket"):
        return None
    tickets = list(Ticket.objects.filter(contact=contact).order_by("-pk")[: NEWEST + 1])
    return {
        "template": "tickets/contact_panel.html",
        "tickets": tickets[:NEWEST],
        "more": len(tickets) > NEWEST,
        "all": f"{reverse('admin:tickets_ticket_changelist')}?contact={contact.pk}",
    }


@button("Export as JSON", "contacts.export_contact")
def export(page: ContactAdmin, request: HttpRequest, contact: Contact) -> StreamingHttpResponse:
    """Everything known about the contact, as a file."""
    page.log_change(request, contact, "Exported.")
    response = StreamingHttpResponse(privacy.export(contact), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="contact-{contact.pk}.json"'
    response["Cache-Control"] = "no-store"
    return response


@button("Erase", "contacts.erase_contact", shown=lambda contact: not contact.is_erased, form=EraseForm)
def erase(page: ContactAdmin, request: HttpRequest, contact: Contact, form: EraseForm) -> None:
    """Erases what is personal, once the form confirms it."""
    try:
        erased = privacy.erase(contact)
    except UnderWayError:
        text = "Nothing was erased: a webhook about this contact is being sent, or a ticket of theirs changed."
        page.message_user(request, f"{text} Try again in a minute.", messages.ERROR)
        return
    contact.refresh_from_db()
    done = f"Erased, with {quantity(erased.tickets, 'ticket')}; cancelled deliveries: {erased.deliveries}."
    page.log_change(request, contact, done)
    page.message_user(request, done)


ContactAdmin.add_buttons(export, erase)
ContactAdmin.add_panel(tickets_panel)
