"""WSGI middleware (PEP 3333) for requests that Django alone would misread."""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.conf import settings

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


def no_charset(application: Application) -> Application:
    """Removes the parameters of Content-Type, except a form's boundary.

    Django would read URLs and forms in whatever charset is named, and some make it fail; everything here is UTF-8.
    """

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        kind, *parameters = environ.get("CONTENT_TYPE", "").split(";")
        if parameters:
            boundary = [each for each in parameters if each.lstrip().lower().startswith("boundary=")]
            environ["CONTENT_TYPE"] = ";".join([kind, *boundary])
        return application(environ, start_response)

    return middleware


def known_body_length(application: Application) -> Application:
    """Reads a body with Transfer-Encoding and gives it a Content-Length; without one Django takes it for empty."""

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING"):
            # One byte past the limit is enough for the parser to see that the body is too large.
            body = environ["wsgi.input"].read(settings.API_BODY_LIMIT + 1)
            environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        return application(environ, start_response)

    return middleware


def head_without_body(application: Application) -> Application:
    """Answers HEAD with the headers of GET alone; gunicorn drops the body too, but logs a warning each time."""

    def middleware(environ: Environ, start_response: Any) -> Iterable[bytes]:
        answer = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return answer
        if hasattr(answer, "close"):
            answer.close()
        return []

    return middleware
