"""Serializer fields shared by the apps."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

# Python's str.strip() also removes these characters, which `\s` of ECMAScript (the dialect of JSON Schema) leaves out.
NON_BLANK = r"[^\s\u001C-\u001F\u0085]"


@extend_schema_field(OpenApiTypes.INT64)
class IdField(serializers.IntegerField):
    """The 64-bit id of a row."""


class TextField(serializers.CharField):
    """A stripped string. A JSON number or boolean is refused, where DRF would convert it.

    DRF's CharField refuses NUL and lone surrogates.
    """

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """OpenAPI schema of `TextField`: not blank."""

    target_class = TextField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        length = self.target.max_length
        return {"type": "string", **({"maxLength": length} if length else {}), "pattern": NON_BLANK}
