"""Pieces of the OpenAPI document that several views share."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class ErrorSerializer(serializers.Serializer[object]):
    """Why the request failed."""

    detail = serializers.CharField()


class FieldErrorsSerializer(serializers.Serializer[object]):
    """What is wrong about the fields or parameters of the request."""


class FieldErrorsScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """The names of fields and parameters, which no serializer knows."""

    target_class = FieldErrorsSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """An object of lists, or the one text `detail`."""
        texts = {"type": "array", "items": {"type": "string"}}
        return {
            "type": "object",
            "description": FieldErrorsSerializer.__doc__,
            "additionalProperties": {"oneOf": [{"type": "string"}, texts]},
        }


ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH, description="A positive 64-bit number.")
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
    413: "The body is too large: at most 1,048,576 bytes.",
    415: 'Unsupported media type "text/plain" in request.',
    503: "The database is not available right now. Please try again.",
}


# The web server's own answer, before the service hears of the request.
URL_TOO_LONG: dict[tuple[int, str], Any] = {
    (414, "text/html"): OpenApiResponse(OpenApiTypes.STR, "The URL is longer than 4,000 bytes or so.")
}


def error_response(detail: str) -> OpenApiResponse:
    """An error with this text as its example."""
    return OpenApiResponse(ErrorSerializer, examples=[OpenApiExample("Error", value={"detail": detail})])


def error_responses(*statuses: int) -> dict[int, OpenApiResponse]:
    """The documented errors of an operation, each with an example."""
    return {status: FIELD_ERRORS if status == 400 else error_response(DETAILS[status]) for status in statuses}


def document_paths_without_slash(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Paths in their documented form; both forms are routed."""
    result["paths"] = {path.removesuffix("/"): operations for path, operations in result["paths"].items()}
    return result
