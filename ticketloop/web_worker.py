"""gunicorn's threaded worker, which waits for clients only so long and takes less time for itself."""

from select import POLLIN, poll
from socket import MSG_MORE
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker

LINGER = 5  # milliseconds


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A client that stops reading its answer, or sending its request, would hold a thread for good otherwise."""

    sockets: list[Any]

    def set_accept_enabled(self, enabled: bool) -> None:
        """As gunicorn's, but a worker that stops takes what has connected already and refuses who comes later.

        gunicorn would leave the queue of the listening socket open, and drop what came into it, unanswered, in the end.
        """
        super().set_accept_enabled(enabled)
        if not self.alive:
            for listener in self.sockets:
                while _is_readable(listener, 0):
                    self.accept(listener)
                listener.close()
            self.sockets = []

    def handle(self, conn: Any) -> Any:
        """Answers a connection's requests for as long as they follow each other closely; returns as gunicorn's does.

        gunicorn itself gives the connection back to its main thread after each request, and gets it from there for
        the next: two switches between threads. A thread that another connection waits for does not linger.
        """
        result = super().handle(conn)
        while result is True and self.alive and not self.tpool._work_queue.qsize() and _follows(conn):
            result = super().handle(conn)
        return result

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answers one request; every piece that is sent or received may take gunicorn's `timeout`, in seconds.

        A piece of a streamed list must be taken whole within that time, so that reading a byte now and then helps
        nobody. Returns whether the connection can be used again. An error before the answer's head was sent is
        raised, and answered by gunicorn; after it, only the end of the connection can tell the client.
        """
        conn.sock.settimeout(self.cfg.timeout)
        response, environ = wsgi.create(req, conn.sock, conn.client, conn.server, self.cfg, Response)
        environ["wsgi.multithread"] = True
        if not self.alive or len(self.keepalived_conns) >= self.max_keepalived:
            response.force_close()
        try:
            self._answer(environ, response)
        except TimeoutError:
            self.log.info("%s: the client is too slow, its connection is closed", conn.client)
            return False
        except OSError:
            raise  # the connection's; gunicorn knows which of them are worth a line
        except (Exception, SystemExit):
            if not response.headers_sent:
                raise
            self.log.exception("Error while answering %s", conn.client)
            return False
        return not response.should_close()

    def _answer(self, environ: dict[str, Any], response: "Response") -> None:
        body = self.wsgi(environ, response.start_response)
        try:
            if isinstance(body, environ["wsgi.file_wrapper"]):
                response.write_file(body)
            else:
                for piece in body:
                    response.write(piece)
            response.close()
        finally:
            if hasattr(body, "close"):
                body.close()


class Response(wsgi.Response):  # type: ignore[misc]
    """Sends its head in one packet with the beginning of the body, so that the client is woken once."""

    headers_sent: bool

    def send_headers(self) -> None:
        """Sends the head, unless that has been done."""
        if not self.headers_sent:
            lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n"]
            more = MSG_MORE if (self.response_length or self.chunked) and not self._omits_body else 0
            self.sock.sendall("".join(lines).encode("latin-1"), more)
            self.headers_sent = True


def _follows(conn: Any) -> bool:
    """Whether the connection's next request is there, or comes within a moment."""
    if conn.parser.unreader.buf.getvalue():
        return True
    return _is_readable(conn.sock, LINGER)


def _is_readable(sock: Any, milliseconds: int) -> bool:
    waiting = poll()
    waiting.register(sock, POLLIN)
    return bool(waiting.poll(milliseconds))
