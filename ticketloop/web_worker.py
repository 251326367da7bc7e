"""gunicorn's threaded worker, which waits for clients only so long."""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class WebWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A client that stops reading its answer, or sending its request, would hold a thread for good otherwise."""

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answers one request; every piece that is sent or received may take gunicorn's `timeout`, in seconds.

        A piece of a streamed list must be taken whole within that time, so that reading a byte now and then helps
        nobody. Returns whether the connection can be used again.
        """
        conn.sock.settimeout(self.cfg.timeout)
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError:
            self.log.info("%s: the client is too slow, its connection is closed", conn.client)
            return False
