"""Email fields of serializers and forms, which normalise and validate."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contacts.email import MAX_LENGTH, normalise_email
from core.serializer_fields import TextField

EMAIL_SCHEMA = {"type": "string", "format": "idn-email", "maxLength": MAX_LENGTH}


@extend_schema_field(EMAIL_SCHEMA)
class EmailField(serializers.CharField):
    """Output field: a normalised address."""


@extend_schema_field(EMAIL_SCHEMA)
class NormalisedEmailField(TextField):
    """Input field: text in, normalised address out. Raises ValidationError for an invalid one."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return normalise_email(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class NormalisedEmailFormField(forms.CharField):
    """`NormalisedEmailField` for forms of the admin."""

    def clean(self, value: Any) -> str:
        try:
            return normalise_email(super().clean(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error
