"""`/health`: whether tickets can be accepted, and the state of the database, the broker and the deliveries."""

from typing import Any

from django.conf import settings
from django.db import Error
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from kombu import Connection
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.broker import BROKER_ERRORS, transport_options
from webhooks import statistics

BROKER_TIMEOUT = 0.5  # seconds
MAX_DELAY = 60  # seconds by which a delivery may be overdue before the queue is late

STATUSES = ["ok", "error"]
DELIVERIES_STATUSES = ["ok", "late", "unknown"]
HEALTHY = {"status": "ok", "database": "ok", "broker": "ok", "deliveries": "ok", "oldest_due_seconds": None}
DATABASE_DOWN = {"status": "error", "database": "error", "deliveries": "unknown", "oldest_due_seconds": None}


class HealthSerializer(serializers.Serializer[object]):
    """Health of the service. `status` is `ok` while tickets can be accepted, whatever the other members say."""

    status = serializers.ChoiceField(choices=STATUSES)
    database = serializers.ChoiceField(choices=STATUSES)
    broker = serializers.ChoiceField(choices=STATUSES)
    deliveries = serializers.ChoiceField(choices=DELIVERIES_STATUSES)
    oldest_due_seconds = serializers.FloatField(
        allow_null=True, help_text="Age of the oldest due delivery; null if none is due."
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
        health = {**_database_health(), "broker": _broker_health()}
        return Response(
            {key: health[key] for key in ("status", "database", "broker", "deliveries", "oldest_due_seconds")},
            status=200 if health["status"] == "ok" else 503,
        )


def _database_health() -> dict[str, Any]:
    try:
        seconds = statistics.oldest_due()
    except Error:
        return DATABASE_DOWN
    deliveries = "late" if seconds is not None and seconds > MAX_DELAY else "ok"
    rounded = None if seconds is None else round(seconds, 3)
    return {"status": "ok", "database": "ok", "deliveries": deliveries, "oldest_due_seconds": rounded}


def _broker_health() -> str:
    options = transport_options(settings.CELERY_BROKER_URL, connect=BROKER_TIMEOUT, answer=BROKER_TIMEOUT)
    try:
        with Connection(settings.CELERY_BROKER_URL, transport_options=options) as broker:
            broker.ensure_connection(max_retries=0)
    except BROKER_ERRORS:
        return "error"
    return "ok"
