"""A contact's page at the support desk: who they are, what they wrote, and what they may ask for."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse

from contacts.admin import ContactAdmin
from contacts.models import Contact
from ticketloop.admin import button
from tickets import privacy
from tickets.desk import words
from tickets.models import Ticket
from webhooks.erasing import UnderWayError

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


class ContactPage(ContactAdmin):
    """Adds the tickets, the export and the erasure."""

    change_form_outer_after_template = "tickets/contact_panel.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the newest tickets, for those who may see tickets."""
        contact = context["original"]
        if request.user.has_perm("tickets.view_ticket"):
            tickets = list(Ticket.objects.filter(contact=contact).order_by("-pk")[: NEWEST + 1])
            context["listed"] = {
                "tickets": [(ticket, words.first_line(ticket)) for ticket in tickets[:NEWEST]],
                "more": len(tickets) > NEWEST,
                "all": f"{reverse('admin:tickets_ticket_changelist')}?contact={contact.pk}",
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @button("Export as JSON", "contacts.export_contact")
    def export(self, request: HttpRequest, contact: Contact) -> StreamingHttpResponse:
        self.log_change(request, contact, "Exported.")
        response = StreamingHttpResponse(privacy.export(contact), content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="contact-{contact.pk}.json"'
        response["Cache-Control"] = "no-store"
        return response

    @button("Erase", "contacts.erase_contact", shown=lambda contact: not contact.is_erased, form=EraseForm)
    def erase(self, request: HttpRequest, contact: Contact, form: EraseForm) -> None:
        try:
            erased = privacy.erase(contact)
        except UnderWayError:
            text = "Nothing was erased: a webhook about this contact is being sent, or a ticket of theirs changed."
            self.message_user(request, f"{text} Try again in a minute.", messages.ERROR)
            return
        contact.refresh_from_db()
        done = f"Erased, with {words.tickets(erased.tickets)}; cancelled deliveries: {erased.deliveries}."
        self.log_change(request, contact, done)
        self.message_user(request, done)

    buttons = (export, erase)
