"""Extends a contact's page: their tickets, export and erasure (GDPR, articles 15 and 17)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse

from contacts.admin import ContactAdmin
from contacts.models import Contact
from core.short_transaction import BusyError
from core.streams import LimitedStream
from desk import once
from desk.buttons import button
from desk.formatting import quantity
from tickets import privacy
from tickets.models import Ticket

NEWEST = 20  # tickets on the page


class EraseForm(forms.Form):
    """Confirmation before a contact is erased."""

    explanation = (
        "This cannot be undone. Name and email address are replaced by placeholders, and the texts of all their "
        "tickets are removed, also from the log of webhooks and from receivers' answers. Webhooks about them that "
        "were not delivered yet are cancelled. The tickets stay, with their numbers, times and states. Copies at "
        "receivers and in older backups are not erased. With the same address they can open tickets again, as a new "
        "contact."
    )
    sure = forms.BooleanField(
        label="Erase permanently",
        error_messages={"required": "Tick this to confirm. Erasing cannot be undone."},
    )


def tickets_panel(request: HttpRequest, contact: Contact) -> dict[str, Any] | None:
    """The contact's newest tickets, for users who may see tickets."""
    if not request.user.has_perm("tickets.view_ticket"):
        return None
    tickets = list(Ticket.objects.filter(contact=contact).order_by("-pk")[: NEWEST + 1])
    return {
        "template": "tickets/contact_panel.html",
        "tickets": tickets[:NEWEST],
        "more": len(tickets) > NEWEST,
        "all": f"{reverse('admin:tickets_ticket_changelist')}?contact={contact.pk}",
    }


def erasure_panel(request: HttpRequest, contact: Contact) -> dict[str, Any] | None:
    """How far the contact's erasure has come, while it is under way."""
    progress = privacy.under_way(contact)
    return {"template": "tickets/erasure_panel.html", "progress": progress} if progress else None


@button("Export as JSON", "contacts.export_contact", harmless=True)
def export(page: ContactAdmin, request: HttpRequest, contact: Contact) -> StreamingHttpResponse:
    """All data about the contact, as a JSON file."""
    document = LimitedStream(chunk.encode() for chunk in privacy.export(contact))
    page.log_change(request, contact, "Exported this contact as JSON.")
    response = StreamingHttpResponse(document, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="contact-{contact.pk}.json"'
    response["Cache-Control"] = "no-store"
    return response


@button("Erase", "contacts.erase_contact", shown=lambda contact: not contact.is_erased, form=EraseForm, danger=True)
def erase(page: ContactAdmin, request: HttpRequest, contact: Contact, form: EraseForm) -> None:
    """Erases personal data once the form confirms it."""
    try:
        erased = privacy.erase(contact)
    except BusyError:
        once.forget(request)
        text = "Nothing was erased: this contact is being changed. Try again in a minute."
        page.message_user(request, text, messages.ERROR)
        return
    contact.refresh_from_db()
    if erased.finished:
        cancelled = quantity(erased.deliveries, "delivery", "deliveries")
        done = f"Erased, with {quantity(erased.tickets, 'ticket')}; {cancelled} cancelled."
    else:
        done = "Name and email address are erased; the tickets are being erased."
    page.log_change(request, contact, "Erased this contact.")
    page.message_user(request, done)


ContactAdmin.add_buttons(export, erase)
ContactAdmin.add_panel(erasure_panel)
ContactAdmin.add_panel(tickets_panel)
