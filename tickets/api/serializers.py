"""What a client sends to open a ticket, and the shape of a ticket for the OpenAPI document."""

from rest_framework import serializers

from contacts.api.serializers import ContactSerializer
from contacts.email import MAX_LENGTH as EMAIL_MAX_LENGTH
from contacts.fields import NormalisedEmailField
from contacts.models import NAME_MAX_LENGTH
from core.serializer_fields import IdField, TextField
from tickets.models import DESCRIPTION_MAX_LENGTH, Ticket
from webhooks.models import EventType


class OpenTicketSerializer(serializers.Serializer[object]):
    """A request for support."""

    full_name = TextField(max_length=NAME_MAX_LENGTH, help_text="Without NUL. Kept from the contact's first ticket.")
    email = NormalisedEmailField(max_length=EMAIL_MAX_LENGTH, help_text="Any case; the contact is found by it.")
    issue_description = TextField(max_length=DESCRIPTION_MAX_LENGTH, help_text="Plain text, as typed, without NUL.")


class TicketSerializer(serializers.Serializer[object]):
    """A ticket, the same from every path and in webhooks."""

    id = IdField()
    contact_id = IdField()
    issue_description = serializers.CharField(help_text="HTML-escaped once, safe to paste into a page.")
    status = serializers.ChoiceField(choices=Ticket.Status.choices)
    created_at = serializers.DateTimeField(help_text="UTC, RFC 3339 with six fractional digits.")
    contact = ContactSerializer()
    resolved_at = serializers.DateTimeField(allow_null=True, help_text="As `created_at`; null while open.")


class TicketEventSerializer(serializers.Serializer[object]):
    """What happened to a ticket: the envelope of the Standard Webhooks specification."""

    type = serializers.ChoiceField(choices=EventType.choices)
    timestamp = serializers.DateTimeField(help_text="When it happened; UTC, RFC 3339 with six fractional digits.")
    data = TicketSerializer()  # type: ignore[assignment]  # the envelope's own name for it
