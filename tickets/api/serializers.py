"""Serializer of the request that opens a ticket, and schemas of tickets in the OpenAPI document."""

from rest_framework import serializers

from contacts.api.serializers import ContactSerializer
from contacts.email import MAX_LENGTH as EMAIL_MAX_LENGTH
from contacts.fields import NormalisedEmailField
from contacts.models import NAME_MAX_LENGTH
from core.serializer_fields import IdField, TextField
from tickets.models import DESCRIPTION_MAX_LENGTH, Ticket
from webhooks.models import EventType


class OpenTicketSerializer(serializers.Serializer[object]):
    """A new ticket."""

    full_name = TextField(
        max_length=NAME_MAX_LENGTH, help_text="A known contact keeps the name of their first ticket. NUL is refused."
    )
    email = NormalisedEmailField(max_length=EMAIL_MAX_LENGTH, help_text="Identifies the contact; case-insensitive.")
    issue_description = TextField(
        max_length=DESCRIPTION_MAX_LENGTH, help_text="Plain text, stored as typed. NUL is refused."
    )


class TicketSerializer(serializers.Serializer[object]):
    """A ticket, identical in every response and webhook."""

    id = IdField()
    contact_id = IdField()
    issue_description = serializers.CharField(help_text="HTML-escaped once, safe to paste into a page.")
    status = serializers.ChoiceField(choices=Ticket.Status.choices)
    created_at = serializers.DateTimeField(help_text="UTC, RFC 3339 with six fractional digits.")
    contact = ContactSerializer()
    resolved_at = serializers.DateTimeField(allow_null=True, help_text="Same format as `created_at`; null while open.")


class TicketEventSerializer(serializers.Serializer[object]):
    """Envelope of an event, per the Standard Webhooks specification."""

    type = serializers.ChoiceField(choices=EventType.choices)
    timestamp = serializers.DateTimeField(help_text="Time of the event; UTC, RFC 3339 with six fractional digits.")
    data = TicketSerializer()  # type: ignore[assignment]  # the specification's name
