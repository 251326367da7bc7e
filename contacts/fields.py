"""Fields that hand on clean text or a clear refusal, for the API and for forms."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from contacts.email import MAX_LENGTH, normalise_email

EMAIL_SCHEMA = {"type": "string", "format": "idn-email", "maxLength": MAX_LENGTH}


@extend_schema_field(OpenApiTypes.INT64)
class IdField(serializers.IntegerField):
    """The id of a contact or a ticket."""


@extend_schema_field(EMAIL_SCHEMA)
class EmailField(serializers.CharField):
    """A normalised address, on its way out."""


class NoSurrogates(ProhibitSurrogateCharactersValidator):
    """As DRF's, which looks at each character of a text; whether UTF-8 can encode it says the same, and is quick."""

    def __call__(self, value: Any) -> None:
        try:
            str(value).encode()
        except UnicodeEncodeError:
            super().__call__(value)


class TextField(serializers.CharField):
    """A string, stripped; a JSON number or boolean is refused instead of being turned into one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        others = [each for each in self.validators if not isinstance(each, ProhibitSurrogateCharactersValidator)]
        self.validators = [*others, NoSurrogates()]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(EMAIL_SCHEMA)
class NormalisedEmailField(TextField):
    """API field: text in, normalised address out; an invalid one is a validation error."""

    def to_internal_value(self, data: Any) -> str:
        try:
            return normalise_email(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error


class NormalisedEmailFormField(forms.CharField):
    """Form field: as `NormalisedEmailField`, for the admin."""

    def clean(self, value: Any) -> str:
        try:
            return normalise_email(super().clean(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error
