"""A client's connection to gunicorn, read and written by a deadline."""

import socket
import struct
from select import POLLIN, poll
from time import monotonic
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn

from ticketloop.web.request import Head, Request

LINGER = 5  # milliseconds
SENDING = 2.0  # seconds that a client has for the rest of a body that nobody read
MOST_SENT = 2**26  # bytes of it


class Connection(TConn):  # type: ignore[misc]
    """A client's connection.

    gunicorn's `timeout` limits how long a whole request may take to arrive, and how long a piece of the answer may
    take to be read, so that a byte now and then helps nobody. The kernel watches it; with a time limit of Python's own
    each sending and receiving would be two calls.
    """

    deadline: float
    may_be_sending = False
    is_trusted_proxy: bool | None = None
    head: Head | None = None

    def expect_request(self) -> None:
        """The next request must be here within the time limit."""
        self.deadline = monotonic() + self.cfg.timeout
        self.may_be_sending = True

    def init(self) -> None:
        """As gunicorn's: gets ready for the first request."""
        if not self.initialized:
            limit = struct.pack("ll", int(self.cfg.timeout), 0)
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self.sock.setsockopt(socket.SOL_SOCKET, option, limit)
            super().init()
            self.parser.unreader = Unreader(self)
            self.parser.mesg_class = Request

    def pass_over_body(self) -> bool:
        """Reads what the view has left of the request's body; returns whether it came to an end soon enough."""
        reader = getattr(self.parser.mesg.body, "reader", None)
        if (not isinstance(reader, LengthReader) or reader.length) and not self.parser.finish_body(
            monotonic() + SENDING, MOST_SENT
        ):
            return False
        self.parser.mesg = None
        self.may_be_sending = False
        return True

    def has_more(self) -> bool:
        """Whether the next request is there, or comes within a moment."""
        return bool(self.parser.unreader.buf.getvalue()) or is_readable(self.sock, LINGER)

    def close(self, graceful: bool = False) -> None:
        """Waits for nobody: gunicorn calls it in the main thread, and would wait there until the client closes, too."""
        self.sock.close()


class Unreader(SocketUnreader):  # type: ignore[misc]
    """What the client sends, by the connection's deadline."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.sock)
        self.connection = connection

    def chunk(self, size_hint: int | None = None) -> bytes:
        """What the client sends next; NoMoreData when it takes too long."""
        connection = self.connection
        left = connection.deadline - monotonic()
        # The kernel's limit begins anew each time: towards the end a shorter one is needed.
        if left > connection.cfg.timeout - 1 or (left > 0 and is_readable(self.sock, int(left * 1000))):
            try:
                data: bytes = super().chunk(size_hint)
            except BlockingIOError:  # the kernel's way to say that the time is over
                pass
            else:
                connection.may_be_sending &= bool(data)
                return data
        connection.may_be_sending = False
        raise NoMoreData


def is_readable(sock: Any, milliseconds: int) -> bool:
    """Whether there is something to read, or the end of it, within this time."""
    waiting = poll()
    waiting.register(sock, POLLIN)
    return bool(waiting.poll(milliseconds))
