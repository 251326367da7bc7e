"""`/metrics` for Prometheus: requests, counted by the processes, and deliveries, read from PostgreSQL.

gunicorn's processes share their counts in files (prometheus_client's multiprocess mode). Celery workers count nothing:
their work is in the database and read at each scrape, at a cost independent of the number of past deliveries.
"""

from collections.abc import Iterator
from functools import cache
from hmac import compare_digest
from os import environ

from django.conf import settings
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from webhooks import statistics

REQUESTS = Counter("ticketloop_requests", "HTTP requests.", ["method", "route", "status"])
SECONDS = Histogram(
    "ticketloop_request_seconds",
    "Duration of a request, until the end of a streamed response.",
    ["method", "route"],
    buckets=(0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def count_request(method: str, route: str, status: int, duration: float) -> None:
    """Counts a request that took `duration` seconds."""
    requests, seconds = _counters(method, route, status)
    requests.inc()
    seconds.observe(duration)


@cache
def _counters(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), SECONDS.labels(method, route)


class DeliveryCollector(Collector):
    """Reads deliveries, attempts and receivers from the database."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = statistics.of_all()
        except Error:
            yield GaugeMetricFamily("ticketloop_database_up", "Whether PostgreSQL can be reached.", 0)
            return
        yield GaugeMetricFamily("ticketloop_database_up", "Whether PostgreSQL can be reached.", 1)
        limit = f"counted up to {statistics.MAX_COUNTED:,}"
        deliveries = GaugeMetricFamily("ticketloop_deliveries", f"Undelivered webhooks, {limit}.", labels=["state"])
        deliveries.add_metric(["pending"], found.pending)
        deliveries.add_metric(["dead"], found.dead)
        yield deliveries
        yield GaugeMetricFamily(
            "ticketloop_deliveries_oldest_due_seconds",
            "Age of the oldest due delivery; 0 if none is due.",
            found.oldest_due or 0,
        )
        attempts = "Delivery attempts since the database was created."
        yield CounterMetricFamily("ticketloop_delivery_attempts", attempts, found.attempts)
        recent = GaugeMetricFamily(
            "ticketloop_delivery_recent_attempts",
            f"The last {statistics.RECENT_ATTEMPTS:,} attempts by result.",
            labels=["result"],
        )
        recent.add_metric(["delivered"], found.recent_attempts - found.recent_failures)
        recent.add_metric(["failed"], found.recent_failures)
        yield recent
        receivers = GaugeMetricFamily("ticketloop_receivers", "Receivers by state.", labels=["state"])
        receivers.add_metric(["enabled"], found.enabled_receivers)
        receivers.add_metric(["failing"], found.failing_receivers)
        receivers.add_metric(["disabled"], found.disabled_receivers)
        yield receivers


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The metrics, for requests with METRICS_TOKEN as bearer token; 404 without that setting.

    No address is trusted instead: behind a proxy on this machine, every client has a loopback address.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not compare_digest(token.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse("Unauthorized\n", "text/plain", status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(DeliveryCollector())
    return HttpResponse(generate_latest(registry), CONTENT_TYPE_LATEST)
