"""`/health`: whether tickets can be accepted, and the state of the database, the broker and the deliveries.

Whatever hangs, it is answered within a second: the checks run in threads of their own.
"""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import TypeVar

from django.conf import settings
from django.db import Error, connection
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from kombu import Connection
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.broker import BROKER_ERRORS, transport_options
from core.raw_sql import fetch_one
from ticketloop.background_check import BackgroundCheck
from ticketloop.database_watch import DatabaseWatch
from ticketloop.stale_connections import close_ended_connection
from webhooks import statistics

T = TypeVar("T")

LIMIT = 0.8  # seconds for all checks together
BROKER_TIMEOUT = 0.5  # seconds
MAX_DELAY = 60  # seconds by which a delivery may be overdue before the queue is late

STATUSES = ["ok", "error"]
DATABASE_STATUSES = ["ok", "read-only", "error"]
DELIVERIES_STATUSES = ["ok", "late", "unknown"]
HEALTHY = {"status": "ok", "database": "ok", "broker": "ok", "deliveries": "ok", "oldest_due_seconds": None}
DATABASE_DOWN = {"status": "error", "database": "error", "deliveries": "unknown", "oldest_due_seconds": None}


class HealthSerializer(serializers.Serializer[object]):
    """Health of the service. `status` is `ok` while tickets can be accepted, whatever the other members say."""

    status = serializers.ChoiceField(choices=STATUSES)
    database = serializers.ChoiceField(choices=DATABASE_STATUSES)
    broker = serializers.ChoiceField(choices=STATUSES)
    deliveries = serializers.ChoiceField(choices=DELIVERIES_STATUSES)
    oldest_due_seconds = serializers.FloatField(
        allow_null=True, help_text="Age of the oldest due delivery; null if none is due, or if it is unknown."
    )


class HealthView(APIView):
    """Health check for load balancers and containers; open to everybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="getHealth",
        summary="Health check",
        tags=["health"],
        responses={
            200: OpenApiResponse(HealthSerializer, examples=[OpenApiExample("Healthy", value=HEALTHY)]),
            503: OpenApiResponse(
                HealthSerializer,
                description="Tickets cannot be accepted.",
                examples=[OpenApiExample("Database unreachable", value={**HEALTHY, **DATABASE_DOWN})],
            ),
        },
    )
    def get(self, request: Request) -> Response:
        """200 while tickets can be accepted, else 503. A broken broker or a late queue is reported, with 200."""
        health = current_health()
        return Response(health, status=200 if health["status"] == "ok" else 503)


def current_health() -> dict[str, object]:
    """The members of `HealthSerializer`, each at most a second old; what does not answer in time is an error."""
    end = monotonic() + LIMIT
    for check in (database_check, deliveries_check, broker_check):
        check.ask()
    broker = broker_check.result(end - monotonic())
    if database_watch.stuck:
        end = monotonic()  # known; do not wait for it
    database, deliveries = database_check.result(end - monotonic()), deliveries_check.result(end - monotonic())
    return {
        "status": "ok" if database == "ok" else "error",
        "database": database or "error",
        "broker": "ok" if broker else "error",
        **(deliveries or {"deliveries": "unknown", "oldest_due_seconds": None}),
    }


def _ask(query: Callable[[], T]) -> T | None:
    """What PostgreSQL answers; None if it cannot be asked."""
    close_ended_connection()
    try:
        with connection.execute_wrapper(database_watch.note):  # this connection, too, may be what is stuck
            return query()
    except Error:
        connection.close()
        return None


def _database_status() -> str:
    """`ok` or `read-only`."""
    row = fetch_one("SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean", {})
    return "read-only" if row and row[0] else "ok"


def _deliveries() -> dict[str, object]:
    seconds = statistics.oldest_due()
    late = seconds is not None and seconds > MAX_DELAY
    return {
        "deliveries": "late" if late else "ok",
        "oldest_due_seconds": None if seconds is None else round(seconds, 3),
    }


def _broker_answers() -> bool:
    options = transport_options(settings.CELERY_BROKER_URL, connect=BROKER_TIMEOUT, answer=BROKER_TIMEOUT)
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            broker.ensure_connection(max_retries=0)
    except BROKER_ERRORS:
        return False
    return True


database_check = BackgroundCheck(partial(_ask, _database_status))
deliveries_check = BackgroundCheck(partial(_ask, _deliveries))
broker_check = BackgroundCheck(_broker_answers)
database_watch = DatabaseWatch(database_check)
