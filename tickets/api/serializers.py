"""Serializer of the request that opens a ticket, and schemas of tickets in the OpenAPI document."""

from rest_framework import serializers

from contacts.api.serializers import ContactSerializer
from contacts.email import MAX_LENGTH as EMAIL_MAX_LENGTH
from contacts.fields import EmailField, NormalisedEmailField
from contacts.models import NAME_MAX_LENGTH
from core.openapi_parts import AnyOfSerializer
from core.serializer_fields import IdField, TextField
from tickets.models import DESCRIPTION_MAX_LENGTH, Ticket
from webhooks.models import EventType

ESCAPED = "HTML-escaped once, safe to paste into a page."
TIME = "UTC, RFC 3339 with six fractional digits."
RESOLVED_AT = "Same format as `created_at`; null while open."


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
    issue_description = serializers.CharField(help_text=ESCAPED)
    status = serializers.ChoiceField(choices=Ticket.Status.choices)
    created_at = serializers.DateTimeField(help_text=TIME)
    contact = ContactSerializer()
    resolved_at = serializers.DateTimeField(allow_null=True, help_text=RESOLVED_AT)


class SentContactSerializer(serializers.Serializer[object]):
    """The contact as the request named it; a known one may have another name."""

    full_name = serializers.CharField(help_text=ESCAPED)
    email = EmailField(help_text="Normalised: lower case, Unicode NFC. Never HTML-escaped.")


class OpenReceiptSerializer(serializers.Serializer[object]):
    """What a client gets that opened a ticket and may not read it: its own texts, and nothing about the contact."""

    id = IdField()
    issue_description = serializers.CharField(help_text=ESCAPED)
    status = serializers.ChoiceField(choices=Ticket.Status.choices)
    created_at = serializers.DateTimeField(help_text=TIME)
    contact = SentContactSerializer()


class ChangeReceiptSerializer(serializers.Serializer[object]):
    """What a client gets that resolved or reopened a ticket and may not read it."""

    id = IdField()
    status = serializers.ChoiceField(choices=Ticket.Status.choices)
    created_at = serializers.DateTimeField(help_text=TIME)
    resolved_at = serializers.DateTimeField(allow_null=True, help_text=RESOLVED_AT)


class OpenedTicketSerializer(AnyOfSerializer):
    """The ticket; without permission to read, a receipt."""

    alternatives = (TicketSerializer, OpenReceiptSerializer)


class ChangedTicketSerializer(AnyOfSerializer):
    """The ticket; without permission to read, a receipt."""

    alternatives = (TicketSerializer, ChangeReceiptSerializer)


class TicketEventSerializer(serializers.Serializer[object]):
    """Envelope of an event, per the Standard Webhooks specification."""

    type = serializers.ChoiceField(choices=EventType.choices)
    timestamp = serializers.DateTimeField(help_text="Time of the event; UTC, RFC 3339 with six fractional digits.")
    data = TicketSerializer()  # type: ignore[assignment]  # the specification's name
