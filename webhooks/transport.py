"""Connections for `requests` that go to allowed addresses only, end at a deadline and read one answer a request.

The name is resolved once, every address it has is checked, and the connection is made to those very addresses:
what DNS says a moment later does not matter. The library requests-hardened checks the first address only, knows no
list of allowed networks and no deadline; with all three added nothing of it would be left.
"""

import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import Any

import certifi
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from webhooks.address_policy import may_be_sent_to

MAX_INTERIM = 100  # interim answers before the answer; 103 Early Hints comes once or twice

_thread = threading.local()


class ForbiddenAddressError(OSError):
    """The receiver's address is not public, and its network is not allowed."""


def set_deadline(seconds: float) -> None:
    """Everything that this thread sends or reads through `Adapter` ends within `seconds` from now."""
    _thread.deadline = time.monotonic() + seconds


def remaining() -> float:
    """Seconds until this thread's deadline. Raises TimeoutError when it is over."""
    seconds: float = _thread.deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline is over")
    return seconds


class _Deadline:
    """What both kinds of socket add: each operation may take what is left, so that many short ones cannot add up."""

    def recv_into(self, *arguments: Any) -> int:
        self.settimeout(remaining())  # type: ignore[attr-defined]
        return super().recv_into(*arguments)  # type: ignore[misc, no-any-return]

    def send(self, *arguments: Any) -> int:
        self.settimeout(remaining())  # type: ignore[attr-defined]
        return super().send(*arguments)  # type: ignore[misc, no-any-return]

    def sendall(self, *arguments: Any) -> None:
        self.settimeout(remaining())  # type: ignore[attr-defined]
        super().sendall(*arguments)  # type: ignore[misc]


class _Socket(_Deadline, socket.socket):
    pass


class _SSLSocket(_Deadline, ssl.SSLSocket):
    pass


class _WholeLines:
    """The lines of an answer's head. http.client takes a head that breaks off for one that is complete."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readline(self, limit: int) -> bytes:
        line: bytes = self._reader.readline(limit)
        if not line.endswith(b"\n") and len(line) < limit:
            raise ConnectionResetError("the receiver hung up before its answer's head was complete")
        return line

    def close(self) -> None:
        self._reader.close()


class _Response(HTTPResponse):
    fp: Any
    headers: Any

    def begin(self) -> None:
        """Reads the head of the answer, past interim ones (RFC 9110, section 15.2); http.client skips only 100.

        Nobody asked for 101 Switching Protocols, so it is an answer, and a failure.
        """
        reader = self.fp
        self.fp = _WholeLines(reader)
        try:
            for _ in range(MAX_INTERIM):
                super().begin()
                if self.status == 101 or not 100 <= self.status < 200:
                    return
                self.headers = None
        finally:
            if self.fp is not None:
                self.fp = reader
        raise HTTPException(f"more than {MAX_INTERIM} interim answers")


class _HTTPConnection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port)


class _HTTPSConnection(HTTPSConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


def connect(host: str, port: int) -> socket.socket:
    """A connection to the first address of `host` that takes one; ForbiddenAddressError if any is not allowed."""
    found = _resolve(host, port)
    for *_, address in found:
        if not may_be_sent_to(ipaddress.ip_address(address[0]), settings.WEBHOOK_ALLOWED_NETWORKS):
            raise ForbiddenAddressError(
                f"{host} has the address {address[0]}, which is not public; "
                "only WEBHOOK_ALLOWED_NETWORKS can allow its network."
            )
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in found:
        connection = _Socket(family, kind, protocol)
        try:
            connection.settimeout(remaining())
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(remaining())  # for the TLS handshake
            return connection
    raise failure


def _resolve(host: str, port: int) -> list[Any]:
    """As getaddrinfo, which knows no time limit, until this thread's deadline.

    A look-up that hangs keeps a thread of its own, which nobody waits for, until the system's resolver gives up.
    """
    addresses: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            addresses.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, ValueError) as error:  # UnicodeError, for names that cannot be encoded, is a ValueError
            addresses.set_exception(error)

    threading.Thread(target=look_up, name="resolver", daemon=True).start()
    return addresses.result(remaining())


@cache
def _tls_context() -> ssl.SSLContext:
    """Trusts public authorities (those of SSL_CERT_FILE, if set) and WEBHOOK_CA_BUNDLE.

    Shared by all threads: reading the certificates takes tens of milliseconds.
    """
    context = create_urllib3_context()
    context.load_verify_locations(settings.SSL_CERT_FILE or certifi.where())
    if settings.WEBHOOK_CA_BUNDLE:
        context.load_verify_locations(settings.WEBHOOK_CA_BUNDLE)
    context.sslsocket_class = _SSLSocket
    return context


class Adapter(HTTPAdapter):
    """What a `requests` session mounts for http and https. Call `set_deadline` before each request."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=_tls_context(), **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leaves the authorities to the TLS context; requests would load its own for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"
