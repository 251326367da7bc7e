"""Schema of a contact in the OpenAPI document; the JSON itself comes from `contacts.representation`."""

from rest_framework import serializers

from contacts.fields import EmailField
from core.serializer_fields import IdField


class ContactSerializer(serializers.Serializer[object]):
    """A person who opened a ticket."""

    id = IdField()
    full_name = serializers.CharField(help_text="HTML-escaped once, safe to paste into a page.")
    email = EmailField(help_text="Normalised: lower case, Unicode NFC. Never HTML-escaped.")
    created_at = serializers.DateTimeField(help_text="UTC, RFC 3339 with six fractional digits.")
