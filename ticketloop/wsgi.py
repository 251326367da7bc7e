"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Iterable
from io import BytesIO
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from ticketloop.api_handler import ApiHandler  # noqa: E402

whole_application, api_application = WSGIHandler(), ApiHandler()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django, for bodies of any transfer coding: it takes a body without Content-Length for an empty one.

    And for any Content-Type: Django would read URLs and forms in whatever charset it names, and some make it fail.
    Everything here is UTF-8, so that of its parameters only a form's boundary is told.
    """
    kind, *parameters = environ.get("CONTENT_TYPE", "").split(";")
    if parameters:
        boundary = [each for each in parameters if each.lstrip().lower().startswith("boundary=")]
        environ["CONTENT_TYPE"] = ";".join([kind, *boundary])
    if environ.get("HTTP_TRANSFER_ENCODING"):
        # One byte past the limit is enough for the parser to see that the body is too large.
        body = environ["wsgi.input"].read(settings.API_BODY_LIMIT + 1)
        environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    without_session = settings.SESSION_COOKIE_NAME not in environ.get("HTTP_COOKIE", "")
    for_api = without_session and environ.get("PATH_INFO", "").startswith("/api/")
    answer: Iterable[bytes] = (api_application if for_api else whole_application)(environ, start_response)
    if environ["REQUEST_METHOD"] != "HEAD":
        return answer
    # The headers are those of GET. gunicorn would drop the body too, but warn of it in the log each time.
    if hasattr(answer, "close"):
        answer.close()
    return []
