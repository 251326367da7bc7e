"""gunicorn's requests, understood quickly where a client's next differs in its first line only."""

from typing import Any

from gunicorn.http import message, wsgi
from gunicorn.util import unquote_to_wsgi_str

from ticketloop.web.response import Response

MOST_KEPT = 4096  # bytes of a request's headers that its connection keeps

Header = tuple[str, str]


class Head:
    """The headers of a connection's last request, and what became of them."""

    environ: dict[str, Any] | None = None

    def __init__(self, data: bytes, request: "Request", headers: list[Header]) -> None:
        self.data, self.version, self.scheme, self.headers = data, request.version, request.scheme, headers


class Request(message.Request):  # type: ignore[misc]  # gunicorn has no types
    """A request on a `Connection` of ours."""

    version: tuple[int, int]
    scheme: str
    headers: list[Header]

    def parse_headers(self, data: bytes, from_trailer: bool = False) -> list[Header]:
        """As gunicorn's. The same headers as those of the connection's last request mean the same."""
        if from_trailer:
            return list(super().parse_headers(data, from_trailer))
        connection = self.unreader.connection
        head: Head | None = connection.head
        if head and head.data == data and head.version == self.version:
            self.scheme = head.scheme
            return head.headers
        headers = list(super().parse_headers(data))
        # Who asks whether to go on is answered each time.
        keeps = len(data) <= MOST_KEPT and not self._expected_100_continue
        connection.head = Head(data, self, headers) if keeps else None
        return headers

    def _peer_is_trusted_proxy(self) -> bool:
        """Whether the client may say what its own clients are; found out once for each connection."""
        connection = self.unreader.connection
        if connection.is_trusted_proxy is None:
            connection.is_trusted_proxy = super()._peer_is_trusted_proxy()
        return bool(connection.is_trusted_proxy)

    def answerable(self) -> tuple[Response, dict[str, Any]]:
        """The answer, still empty, and the request's WSGI environment (PEP 3333), as gunicorn makes them."""
        connection = self.unreader.connection
        head: Head | None = connection.head if connection.head and connection.head.headers is self.headers else None
        if head and head.environ:
            environ = {
                **head.environ,
                "wsgi.input": self.body,
                "REQUEST_METHOD": self.method,
                "RAW_URI": self.uri,
                "PATH_INFO": unquote_to_wsgi_str(self.path),
                "QUERY_STRING": self.query,
            }
            return Response(self, connection.sock, self.cfg), environ
        place = (connection.sock, connection.client, connection.server)
        response, environ = wsgi.create(self, *place, self.cfg, Response)
        environ["wsgi.multithread"] = True
        del environ["wsgi.early_hints"]  # nothing here gives any, and it knows this answer
        if head and not environ["SCRIPT_NAME"]:  # which would be cut off each path
            head.environ = {**environ, "wsgi.input": None}
        return response, environ
