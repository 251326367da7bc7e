"""Components of the OpenAPI document that several views share."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class ErrorSerializer(serializers.Serializer[object]):
    """Why the request failed."""

    detail = serializers.CharField()


class FieldErrorsSerializer(serializers.Serializer[object]):
    """Errors by the name of the field or parameter."""


class FieldErrorsScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Schema of `FieldErrorsSerializer`: any property names, which a serializer cannot express."""

    target_class = FieldErrorsSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """An object whose values are lists of messages, or the one message `detail`."""
        texts = {"type": "array", "items": {"type": "string"}}
        return {
            "type": "object",
            "description": FieldErrorsSerializer.__doc__,
            "additionalProperties": {"oneOf": [{"type": "string"}, texts]},
        }


class AnyOfSerializer(serializers.Serializer[object]):
    """A body that is valid against one or more of the `alternatives`, which drf-spectacular's `oneOf` forbids."""

    alternatives: tuple[type[serializers.Serializer[object]], ...]


class AnyOfScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Schema of the subclasses of `AnyOfSerializer`."""

    target_class = AnyOfSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """References to the alternatives."""
        found = [auto_schema.resolve_serializer(each, direction).ref for each in self.target.alternatives]
        return {"description": self.target.__doc__, "anyOf": found}


ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH, description="Positive 64-bit integer.")
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of your copy. If it is still current, the response is 304 without a body.",
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200],
    description="Version of the body, for `If-None-Match`.",
)
NOT_MODIFIED = OpenApiResponse(description="Not modified; use your copy.")
FIELD_ERRORS = OpenApiResponse(
    FieldErrorsSerializer,
    description="Errors by field or parameter, or `detail` for the body as a whole.",
    examples=[OpenApiExample("Missing field", value={"email": ["This field is required."]})],
)
DETAILS = {
    401: "Authentication credentials were not provided.",
    403: "You do not have permission to perform this action.",
    408: "The body did not arrive in time.",
    413: "The body is too large: at most 1,048,576 bytes.",
    415: 'Unsupported media type "text/plain" in request.',
    503: "The database is not available right now. Please try again.",
}

# Sent by the web server, before the request reaches the service.
URL_TOO_LONG: dict[tuple[int, str], Any] = {
    (414, "text/html"): OpenApiResponse(OpenApiTypes.STR, "The URL is longer than about 4,000 bytes.")
}


def error_response(detail: str) -> OpenApiResponse:
    """An error response with this `detail` as its example."""
    return OpenApiResponse(ErrorSerializer, examples=[OpenApiExample("Error", value={"detail": detail})])


def error_responses(*statuses: int) -> dict[int, OpenApiResponse]:
    """The documented errors of an operation, each with an example."""
    return {status: FIELD_ERRORS if status == 400 else error_response(DETAILS[status]) for status in statuses}


def document_paths_without_slash(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular hook: documents each path without its trailing slash; both forms are routed."""
    result["paths"] = {path.removesuffix("/"): operations for path, operations in result["paths"].items()}
    return result
