"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")
django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Django, for bodies of any transfer coding: it takes a body without Content-Length for an empty one."""
    from django.conf import settings

    if environ.get("HTTP_TRANSFER_ENCODING"):
        # One byte past the limit is enough for the parser to see that the body is too large.
        body = environ["wsgi.input"].read(settings.API_BODY_LIMIT + 1)
        environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    return django_application(environ, start_response)
