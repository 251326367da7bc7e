"""WSGI middleware (PEP 3333) for requests that Django alone does not handle correctly."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


def strip_charset(application: Application) -> Application:
    """Removes the parameters of Content-Type, except a form's boundary.

    Django would decode URLs and forms with the given charset, some of which make it fail. Everything here is UTF-8.
    """

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        media_type, *parameters = environ.get("CONTENT_TYPE", "").split(";")
        if parameters:
            boundary = [each for each in parameters if each.lstrip().lower().startswith("boundary=")]
            environ["CONTENT_TYPE"] = ";".join([media_type, *boundary])
        return application(environ, start_response)

    return middleware


def buffer_chunked_body(application: Application) -> Application:
    """Buffers a body with Transfer-Encoding and sets Content-Length, without which Django takes it for empty."""

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING"):
            # One byte more than the limit, so that the parser sees that the body is too large.
            body = environ["wsgi.input"].read(settings.API_BODY_LIMIT + 1)
            environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        return application(environ, start_response)

    return middleware


def drop_head_body(application: Application) -> Application:
    """Drops the body of the response to HEAD, as gunicorn would, which logs a warning each time."""

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        response = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return response
        if hasattr(response, "close"):
            response.close()
        return []

    return middleware
