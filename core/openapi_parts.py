"""Pieces of the OpenAPI document that several views share."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class ErrorSerializer(serializers.Serializer[object]):
    """Why the request failed."""

    detail = serializers.CharField()


class FieldErrorsSerializer(serializers.Serializer[object]):
    """What is wrong about the fields or parameters of the request."""


class FieldErrorsScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Names that no serializer knows; found by drf-spectacular through its target class."""

    target_class = "core.openapi_parts.FieldErrorsSerializer"

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """An object of lists, or the one text `detail`."""
        texts = {"type": "array", "items": {"type": "string"}}
        return {
            "type": "object",
            "description": FieldErrorsSerializer.__doc__,
            "additionalProperties": {"oneOf": [{"type": "string"}, texts]},
        }


# What Python strips and ECMAScript's `\s` (in which JSON Schema's patterns are written) leaves out are these.
NOT_ONLY_SPACE = r"[^\s\u001C-\u001F\u0085]"


class TextScheme(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Text that is stripped; found by drf-spectacular through its target class."""

    target_class = "contacts.fields.TextField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Adds that something must be left of it."""
        schema: dict[str, Any] = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        return {**schema, "pattern": NOT_ONLY_SPACE}


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Programs with a key; found by drf-spectacular through its target class."""

    target_class = "access.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key ` and the key, such as `Api-Key tl_…`. Keys are made in the admin.",
        }


class StaffSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]
    """Staff signed in to the admin; found by drf-spectacular through its target class."""

    target_class = "access.authentication.StaffSessionAuthentication"


ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH, description="A positive 64-bit number.")
LOCATION = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201],
    description="Where the ticket is.",
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="A new random value, such as a UUID, for each ticket; the same one when the request is sent again.",
    examples=[OpenApiExample("A UUID", value="7d0f4a52-93f5-4e0c-9a8e-3f9b1f6f2c11")],
)
IDEMPOTENT_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    {"type": "string", "enum": ["true"]},
    OpenApiParameter.HEADER,
    response=[201],
    description="Present where an earlier request with this `Idempotency-Key` has opened the ticket.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="An `ETag` that the client has: where it is still right, the answer is 304, without a body.",
)
ETAG = OpenApiParameter(
    "ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200], description="Changes with the body."
)
NOT_MODIFIED = OpenApiResponse(description="What the client has is still right.")
FIELD_ERRORS = OpenApiResponse(
    FieldErrorsSerializer,
    description="Fields or parameters with what is wrong about each, or `detail` for the body as a whole.",
    examples=[OpenApiExample("A field is missing", value={"email": ["This field is required."]})],
)
DETAILS = {
    401: "Authentication credentials were not provided.",
    403: "You do not have permission to perform this action.",
    408: "The body did not arrive in time.",
    409: "The first request with this Idempotency-Key is still running. Please try again.",
    413: "The body is too large: at most 1,048,576 bytes.",
    415: 'Unsupported media type "text/plain" in request.',
    422: "This Idempotency-Key came with another body before. Use a new key for a new ticket.",
    503: "The database is not available right now. Please try again.",
}


# The web server's own answer, before the service hears of the request.
URL_TOO_LONG: dict[tuple[int, str], Any] = {
    (414, "text/html"): OpenApiResponse(OpenApiTypes.STR, "The URL is longer than 4,000 bytes or so.")
}


def error_responses(*statuses: int, not_found: str = "Not found.") -> dict[int, OpenApiResponse]:
    """The documented errors of an operation, each with an example."""
    details = {**DETAILS, 404: not_found}
    return {
        status: FIELD_ERRORS
        if status == 400
        else OpenApiResponse(ErrorSerializer, examples=[OpenApiExample("Error", value={"detail": details[status]})])
        for status in statuses
    }


def document_paths_without_slash(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Paths in their documented form; both forms are routed."""
    result["paths"] = {path.removesuffix("/"): operations for path, operations in result["paths"].items()}
    return result
