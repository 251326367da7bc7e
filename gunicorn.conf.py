"""How gunicorn serves Ticket Loop; its own variable WEB_CONCURRENCY sets the number of processes."""

import os
import shutil
import tempfile
from typing import Any

from ticketloop.web.worker import WebWorker

wsgi_app = "ticketloop.wsgi:application"
worker_class = "ticketloop.web.worker.WebWorker"  # gthread, with a time limit for clients
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
# Settings are read before the workers are forked: a mistake in them is told once and ends the start.
preload_app = True
keepalive = 5  # seconds
timeout = 30  # seconds without a sign of life from a worker process, or from a client in the midst of a request
graceful_timeout = 4  # seconds, less than any supervisor waits
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a disk that stalls must not look like a dead worker
control_socket_disable = True

# Where the processes count their requests together; prometheus_client reads this variable when it is imported.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="ticketloop-metrics-", dir=worker_tmp_dir)


def child_exit(server: Any, worker: Any) -> None:
    """A process that ended, however it did, is not waited for by the others."""
    if isinstance(worker, WebWorker):
        worker.leave()


def on_exit(server: Any) -> None:
    """Nothing is left behind."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
