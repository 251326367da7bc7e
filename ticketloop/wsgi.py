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
from django.core.signals import request_finished, request_started  # noqa: E402
from django.db import close_old_connections, reset_queries  # noqa: E402
from django.test.utils import override_settings  # noqa: E402

# A request looks after its thread's connection to PostgreSQL when it begins. Django would do so at its end once more,
# and look for queries to forget that only DEBUG collects (a few thousand at most).
request_finished.disconnect(close_old_connections)
request_started.disconnect(reset_queries)


class ApiHandler(WSGIHandler):
    """Django with the middleware of the API alone; what sessions and pages need would double the cost of a request."""

    def load_middleware(self, is_async: bool = False) -> None:
        with override_settings(MIDDLEWARE=settings.API_MIDDLEWARE):
            super().load_middleware(is_async)


whole_application, api_application = WSGIHandler(), ApiHandler()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django, for bodies of any transfer coding: it takes a body without Content-Length for an empty one."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        # One byte past the limit is enough for the parser to see that the body is too large.
        body = environ["wsgi.input"].read(settings.API_BODY_LIMIT + 1)
        environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    without_session = settings.SESSION_COOKIE_NAME not in environ.get("HTTP_COOKIE", "")
    for_api = without_session and environ.get("PATH_INFO", "").startswith("/api/")
    response = (api_application if for_api else whole_application)(environ, start_response)
    if environ["REQUEST_METHOD"] != "HEAD":
        return response
    # The headers are those of GET. gunicorn would drop the body too, but warn of it in the log each time.
    response.close()
    return []
