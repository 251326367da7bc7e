"""Parser of request bodies."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from django.http import UnreadablePostError
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class BodyTooLarge(APIException):
    """413 Content Too Large (RFC 9110, section 15.5.14)."""

    status_code = 413
    default_detail = f"The body is too large: at most {settings.API_BODY_LIMIT:,} bytes."
    default_code = "too_large"


class BodyTooSlow(APIException):
    """408 Request Timeout (RFC 9110, section 15.5.9); also used when the client disconnected, where nobody reads it."""

    status_code = 408
    default_detail = "The body did not arrive in time."
    default_code = "request_timeout"


class LimitedJSONParser(BaseParser):
    """JSON (RFC 8259: UTF-8, no NaN, no lone surrogates) of at most `API_BODY_LIMIT` bytes."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body = stream.read(settings.API_BODY_LIMIT + 1)
        except UnreadablePostError as error:
            raise BodyTooSlow from error
        if len(body) > settings.API_BODY_LIMIT:
            raise BodyTooLarge
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not valid JSON: {error}") from error
