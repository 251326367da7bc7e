"""gunicorn's settings. WEB_CONCURRENCY is the number of processes; GUNICORN_CMD_ARGS overrides whatever is set here."""

import os
import shutil
import tempfile
from typing import Any

wsgi_app = "ticketloop.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 16  # of which slow readers of lists get half (core/streams.py)
# Loads the settings before the workers are forked, so that an invalid one is reported once and stops the start.
preload_app = True
keepalive = 5  # seconds
timeout = 30  # seconds without a heartbeat from a worker process
graceful_timeout = 4  # seconds; supervisors wait longer before SIGKILL
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - a stalled disk must not delay heartbeats
control_socket_disable = True
# No client or proxy may set SCRIPT_NAME, PATH_INFO or REMOTE_USER: headers with `_` in their name are dropped.
forwarder_headers = ""
header_map = "drop"
# Nor the scheme, which gunicorn would take from X-Forwarded-Proto, -Protocol and -Ssl of any client on loopback. Behind
# a TLS proxy (HTTPS_ONLY), Django takes it from X-Forwarded-Proto.
secure_scheme_headers: dict[str, str] = {}

# The processes share their metrics in files of this folder. One that the operator has set is never deleted; our own is
# marked by a second variable, as a reload (SIGHUP) executes this file again.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    folder = tempfile.mkdtemp(prefix="ticketloop-metrics-", dir=worker_tmp_dir)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["TICKETLOOP_METRICS_DIR"] = folder

from prometheus_client.multiprocess import mark_process_dead  # noqa: E402 - reads the variable on import


def child_exit(server: Any, worker: Any) -> None:
    """Tells prometheus_client that a worker process has ended."""
    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Deletes the folder of metrics if this file created it."""
    if folder := os.environ.get("TICKETLOOP_METRICS_DIR"):
        shutil.rmtree(folder, ignore_errors=True)
