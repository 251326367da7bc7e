"""Connections for `requests` that go to allowed addresses only and end at a deadline.

The name is resolved once, every address it has is checked, and the connection is made to those very addresses:
what DNS says a moment later does not matter. The library requests-hardened checks the first address only, knows no
list of allowed networks and no deadline; with all three added nothing of it would be left.
"""

import io
import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.client import HTTPResponse, RemoteDisconnected
from typing import Any

import certifi
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from webhooks.address_policy import may_be_sent_to

_thread = threading.local()
# getaddrinfo knows no time limit: it is waited for from outside, and a resolver that hangs holds none but these.
_resolvers = ThreadPoolExecutor(8, thread_name_prefix="resolver")


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
    """Gives each operation of a socket what is left of the time, so that many short ones cannot add up."""

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


def connect(host: str, port: int) -> socket.socket:
    """A connection to the first address of `host` that takes one; ForbiddenAddressError if any is not allowed."""
    resolving = _resolvers.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = resolving.result(remaining())
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
            return connection
    raise failure


class _WholeLines(io.BufferedReader):
    """The lines of an answer's head. http.client takes a head that breaks off for one that is complete."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n") and len(line) != size:
            raise RemoteDisconnected("the receiver hung up before its answer's head was complete")
        return line


class _Response(HTTPResponse):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = _WholeLines(self.fp.detach())


class _HTTPConnection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port)


class _HTTPSConnection(HTTPSConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return connect(self._dns_host, self.port)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


@cache
def _tls_context() -> ssl.SSLContext:
    """Shared by all threads: reading the certificates takes tens of milliseconds."""
    context = create_urllib3_context()
    context.load_verify_locations(certifi.where())
    context.sslsocket_class = _SSLSocket
    return context


class Adapter(HTTPAdapter):
    """What a `requests` session mounts for http and https. Call `set_deadline` before each request."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=_tls_context(), **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
