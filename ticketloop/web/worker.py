"""gunicorn's threaded worker, which waits for clients only so long and takes less time for itself.

Whenever Python waits for the kernel, another thread of the process goes on, and this one must wait for its turn again.
Under load that costs more than the request itself, so this asks the kernel as seldom as it can: once to hear whether
there is a request, once for the request, once to send the answer.
"""

import mmap
import struct
import threading
from collections.abc import Iterator
from itertools import count
from time import monotonic, sleep
from typing import Any, ClassVar

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

from ticketloop.web.affinity import NOWHERE, Home
from ticketloop.web.connection import Connection, is_readable
from ticketloop.web.request import Request
from ticketloop.web.response import Response

COURTESY = 0.001  # seconds
LATELY = 0.05  # seconds: where an answer was made within these, the next may be wanted soon
MOST_COURTESIES = 10  # before a piece of a stream: somebody may always be waiting
MOST_WORKERS = 1024
MOST_THREADS = 16  # of a worker; should there be more, some share a place
NO_WORKER = 2**31 - 1
STOPPING = NO_WORKER - 1


def _number_of_each_worker(first: int) -> memoryview:
    """Memory that all workers share, with a number for each of them."""
    numbers = memoryview(mmap.mmap(-1, 4 * MOST_WORKERS)).cast("i")
    numbers[:] = memoryview(struct.pack("i", first) * MOST_WORKERS).cast("i")
    return numbers


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A client that stops reading its answer, or sending its request, would hold a thread for good otherwise."""

    sockets: list[Any]
    nr_conns: int

    # How many connections each worker has, for all of them to see. Wrong numbers would cost a little speed, no more.
    _shared: ClassVar[memoryview] = _number_of_each_worker(NO_WORKER)
    _homes: ClassVar[memoryview] = _number_of_each_worker(NOWHERE)
    # A byte for each thread: 1 while it makes an answer that somebody waits for.
    _answering: ClassVar[mmap.mmap] = mmap.mmap(-1, MOST_WORKERS * MOST_THREADS)
    _last_answer: "ClassVar[memoryview[float]]" = memoryview(mmap.mmap(-1, 8)).cast("d")  # by the monotonic clock

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._place = next(place for place, number in enumerate(self._shared) if number == NO_WORKER)
        self._shared[self._place] = 0
        self._thread = _Thread(count())

    def init_process(self) -> None:
        """As gunicorn's. A setting becomes an attribute: gunicorn looks each up by way of an AttributeError."""
        self.cfg.__dict__.update({name: setting.get() for name, setting in self.cfg.settings.items()})
        self._home = Home(self._homes, self._place, self.cfg.workers)
        super().init_process()

    def leave(self) -> None:
        """Makes room for another worker; called by gunicorn's first process when this one has ended."""
        first = self._place * MOST_THREADS
        self._answering[first : first + MOST_THREADS] = bytes(MOST_THREADS)
        self._shared[self._place] = NO_WORKER
        self._homes[self._place] = NOWHERE

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """As gunicorn's; called over and over."""
        super().wait_for_and_dispatch_events(timeout)
        self._tell_connections()
        self._home.review()

    def murder_keepalived(self, force: bool = False) -> None:
        """As gunicorn's: closes kept connections whose time is over; but a request that has come since is answered."""
        if not force and self.keepalived_conns and self.keepalived_conns[0].timeout <= monotonic():
            super().wait_for_and_dispatch_events(0)
        super().murder_keepalived(force)

    def accept(self, listener: Any) -> None:
        """As gunicorn's, but a worker with more connections than another lets that one go first.

        Kept connections would bunch up otherwise, all with one worker, while a processor has nothing to do.
        """
        if self.nr_conns > min(self._shared):
            sleep(COURTESY)
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self._tell_connections()
        self.enqueue_req(Connection(self.cfg, client, address, listener.getsockname()))

    def _tell_connections(self) -> None:
        self._shared[self._place] = self.nr_conns if self.alive else STOPPING

    def set_accept_enabled(self, enabled: bool) -> None:
        """As gunicorn's, but a worker that stops takes what has connected already and refuses who comes later.

        gunicorn would leave the queue of the listening socket open, and drop what came into it, unanswered, in the end.
        """
        super().set_accept_enabled(enabled and self.alive)
        if not self.alive:
            for listener in self.sockets:
                while is_readable(listener, 0):
                    self.accept(listener)
                listener.close()
            self.sockets = []

    def handle(self, conn: Connection) -> Any:
        """Answers a request, and those that follow; in a thread. Returns as gunicorn's does."""
        conn.expect_request()
        keeps = super().handle(conn)
        if not keeps and conn.may_be_sending:
            # Were it closed at once, the kernel might take the answer back (RFC 9112, section 9.6).
            close_graceful(conn.sock)
        return keeps

    def handle_request(self, req: Request, conn: Connection) -> bool:
        """Answers a request, and for as long as they follow each other closely the connection's next ones.

        Returns whether the connection can be used again. gunicorn itself would give it back to the main thread after
        each request, and get it from there for the next: two switches between threads. A thread that another
        connection waits for does not linger.
        """
        while self._answer(req, conn):
            if not self.alive or self.tpool._work_queue.qsize() or not conn.has_more():
                return True
            conn.expect_request()
            req = next(conn.parser)
        return False

    def _answer(self, req: Request, conn: Connection) -> bool:
        """Answers one request; returns whether the connection can be used again.

        An error before the answer's head was sent is raised, and answered by gunicorn; after it, only the end of the
        connection can tell the client.
        """
        response, environ = req.answerable()
        if not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            response.force_close()
        try:
            self._send(environ, response)
        except TimeoutError:
            self.log.info("%s: the client is too slow, its connection is closed", conn.client)
            conn.may_be_sending = False
            return False
        except OSError:
            raise  # the connection's; gunicorn knows which of them are worth a line
        except (Exception, SystemExit):
            if not response.headers_sent:
                raise
            self.log.exception("Error while answering %s", conn.client)
            return False
        return conn.pass_over_body() and not response.should_close()

    def _send(self, environ: dict[str, Any], response: Response) -> None:
        place = self._place * MOST_THREADS + self._thread.number % MOST_THREADS
        self._answering[place] = 1
        try:
            body = self.wsgi(environ, response.start_response)
        finally:
            self._answering[place] = 0
        streams = getattr(body, "streaming", False)
        if not streams:
            self._last_answer[0] = monotonic()
        try:
            # A file's pieces, too: gunicorn has the kernel copy files, which waits for the client without any limit.
            for piece in body:
                response.write(piece)
                if streams:
                    self._give_way()
            response.close()
        finally:
            if hasattr(body, "close"):
                body.close()

    def _give_way(self) -> None:
        """Waits a moment where any worker has, or just had, an answer to make: a long download would delay it."""
        if monotonic() - self._last_answer[0] < LATELY:
            sleep(COURTESY)
        for _ in range(MOST_COURTESIES):
            if 1 not in self._answering[:]:
                return
            sleep(COURTESY)


class _Thread(threading.local):
    """What each thread of a worker has of its own: its number."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self.number = next(numbers)
