"""The service in the test's own process: its WSGI application behind the interface of a client of HTTP."""

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
    """The WSGI application called directly, in the test's thread and on the test's database connection.

    What the server does stays out: connections, chunked bodies, many requests at once. An answer has come whole before
    the test sees it.
    """

    url = "http://127.0.0.1"

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount(self.url, WsgiAdapter())
        return session


class WsgiAdapter(HTTPAdapter):
    """Sends a request to the service's WSGI application.

    DRF's RequestsClient would do, but that it calls Django's own application, closes no answer (PEP 3333) and takes no
    path with a character beyond Latin-1.
    """

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = [int(status.partition(" ")[0]), [(name, value.strip()) for name, value in headers]]

        with closing_answer(application(environ_of(request), start_response)) as answer:
            body = b"".join(answer)
        status, headers = started
        message = Message()
        for name, value in headers:
            message.add_header(name, value)
        original: Any = SimpleNamespace(msg=message, isclosed=lambda: True, close=lambda: None)  # has the cookies
        raw = HTTPResponse(
            body=BytesIO(body),
            headers=HTTPHeaderDict(headers),
            status=status,
            preload_content=False,
            original_response=original,
        )
        return self.build_response(request, raw)


def environ_of(request: requests.PreparedRequest) -> dict[str, Any]:
    """The request as WSGI has it (PEP 3333): text is Latin-1, whatever the bytes mean."""
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
def closing_answer(answer: Iterable[bytes]) -> Iterator[Iterable[bytes]]:
    """Closes it afterwards, as a server does."""
    try:
        yield answer
    finally:
        if hasattr(answer, "close"):
            answer.close()
