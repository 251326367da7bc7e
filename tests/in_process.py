"""The service in the test's process: requests' API in front of its WSGI application."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from email.message import Message
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.util import setup_testing_defaults

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests.service import Service
from ticketloop.wsgi import application


class InProcess(Service):
    """Calls the WSGI application directly, in the test's thread and on its database connection.

    Without a server there is no keep-alive, chunked body or concurrency; the test gets complete responses only.
    """

    url = "http://127.0.0.1"

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount(self.url, WsgiAdapter())
        return session


class WsgiAdapter(HTTPAdapter):
    """Transport adapter that sends requests to the service's WSGI application.

    DRF's RequestsClient is no substitute: it calls Django's own application, never closes the response (PEP 3333) and
    fails for paths beyond Latin-1.
    """

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [int(status.partition(" ")[0]), [(name, value.strip()) for name, value in headers]]

        with closing(application(wsgi_environ(request), start_response)) as answer:
            body = b"".join(answer)
        status, headers = started
        message = Message()
        for name, value in headers:
            message.add_header(name, value)
        original: Any = SimpleNamespace(msg=message, isclosed=lambda: True, close=lambda: None)  # for the cookies
        raw = HTTPResponse(
            body=BytesIO(body),
            headers=HTTPHeaderDict(headers),
            status=status,
            preload_content=False,
            original_response=original,
        )
        return self.build_response(request, raw)


def wsgi_environ(request: requests.PreparedRequest) -> dict[str, Any]:
    """The WSGI environ of the request (PEP 3333: bytes decoded as Latin-1)."""
    url = urlsplit(str(request.url))
    body = request.body or b""
    content = body if isinstance(body, bytes) else str(body).encode()
    environ = {
        "REQUEST_METHOD": str(request.method),
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(content)),
        "HTTP_HOST": url.netloc,
        "wsgi.input": BytesIO(content),
    }
    setup_testing_defaults(environ)
    headers: dict[str, Any] = dict(request.headers)
    for name, value in headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = text
    return environ


@contextmanager
def closing(response: Iterable[bytes]) -> Iterator[Iterable[bytes]]:
    """Closes the response on exit, as a server does."""
    try:
        yield response
    finally:
        if hasattr(response, "close"):
            response.close()
