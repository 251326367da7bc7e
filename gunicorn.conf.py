"""gunicorn's settings. WEB_CONCURRENCY is the number of processes; GUNICORN_CMD_ARGS overrides whatever is set here."""

import os
import shutil
import tempfile
from typing import Any

wsgi_app = "ticketloop.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
# Settings are read before the workers are forked: a mistake in them is told once and ends the start.
preload_app = True
keepalive = 5  # seconds
timeout = 30  # seconds without a sign of life from a worker process
graceful_timeout = 4  # seconds, less than any supervisor waits
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a disk that stalls must not look like a dead worker
control_socket_disable = True
# No header may set SCRIPT_NAME, PATH_INFO or REMOTE_USER, whoever sends it: names with `_` are dropped.
forwarder_headers = ""
header_map = "drop"

# The processes count their requests together in files of this folder. One that the operator names is left alone; our
# own is remembered beside it, because a reload (SIGHUP) reads this file again.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    own = tempfile.mkdtemp(prefix="ticketloop-metrics-", dir=worker_tmp_dir)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["TICKETLOOP_METRICS_DIR"] = own

from prometheus_client.multiprocess import mark_process_dead  # noqa: E402 - it reads the variable when imported


def child_exit(server: Any, worker: Any) -> None:
    """Tells prometheus_client that a worker process has ended."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Deletes the folder of metrics if it is our own."""
    if own := os.environ.get("TICKETLOOP_METRICS_DIR"):
        shutil.rmtree(own, ignore_errors=True)
