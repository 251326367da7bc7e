"""Serializer fields that any app may use."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

# What Python strips and ECMAScript's `\s` (in which JSON Schema's patterns are written) leaves out are these.
NOT_ONLY_SPACE = r"[^\s\u001C-\u001F\u0085]"


@extend_schema_field(OpenApiTypes.INT64)
class IdField(serializers.IntegerField):
    """The 64-bit id of a row."""


class TextField(serializers.CharField):
    """A string, stripped; a JSON number or boolean is refused instead of being turned into one.

    NUL and lone surrogates are refused by DRF's CharField.
    """

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Says in the OpenAPI document that something must be left of a stripped text."""

    target_class = TextField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        length = self.target.max_length
        return {"type": "string", **({"maxLength": length} if length else {}), "pattern": NOT_ONLY_SPACE}
