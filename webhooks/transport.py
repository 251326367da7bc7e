"""Connections for `requests` that go to allowed addresses only and end at a deadline.

The name is resolved once, every address it has is checked, and the connection is made to those very addresses:
what DNS says a moment later does not matter. The library requests-hardened checks the first address only, knows no
list of allowed networks and no deadline; with all three added nothing of it would be left.
"""

import ipaddress
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
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


class _Receiver:
    """What both kinds of socket add: operations end at the thread's deadline, and an answer's head must be complete.

    Each operation is given what is left of the time, so that many short ones cannot add up. http.client takes a head
    that breaks off for one that is complete, and `200 OK` alone for a delivery.
    """

    _head: bytes | None = b""  # the end of what came of the head; None once it is complete

    def recv_into(self, buffer: Any, *arguments: Any) -> int:
        self.settimeout(remaining())  # type: ignore[attr-defined]
        count: int = super().recv_into(buffer, *arguments)  # type: ignore[misc]
        if self._head is not None:
            if not count:
                raise ConnectionResetError("the receiver hung up before its answer's head was complete")
            head = self._head + bytes(memoryview(buffer)[:count])
            self._head = None if b"\n\r\n" in head or b"\n\n" in head else head[-2:]
        return count

    def send(self, *arguments: Any) -> int:
        self._head = b""
        self.settimeout(remaining())  # type: ignore[attr-defined]
        return super().send(*arguments)  # type: ignore[misc, no-any-return]

    def sendall(self, *arguments: Any) -> None:
        self._head = b""
        self.settimeout(remaining())  # type: ignore[attr-defined]
        super().sendall(*arguments)  # type: ignore[misc]


class _Socket(_Receiver, socket.socket):
    pass


class _SSLSocket(_Receiver, ssl.SSLSocket):
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


class _HTTPConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port)


class _HTTPSConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return connect(self.host, self.port)


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
