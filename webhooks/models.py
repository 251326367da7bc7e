"""Receivers, the events they are told of, the deliveries that are owed and the attempts made at them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Now

from webhooks.signing import new_secret


class EventType(models.TextChoices):
    """What receivers can be told of."""

    TICKET_CREATED = "ticket.created"
    TICKET_RESOLVED = "ticket.resolved"
    TICKET_REOPENED = "ticket.reopened"


def every_event() -> list[str]:
    """The default subscription: all event types."""
    return list(EventType.values)


class Receiver(models.Model):
    """An HTTP endpoint that is told of events."""

    class Source(models.TextChoices):
        ENVIRONMENT = "environment", "from environment"
        DESK = "desk", "support desk"

    source = models.CharField(max_length=11, choices=Source.choices, default=Source.DESK, editable=False)
    description = models.CharField(max_length=255, blank=True)
    url = models.TextField("URL")
    secret = models.CharField(max_length=128, default=new_secret)
    events = ArrayField(models.CharField(max_length=32, choices=EventType.choices), default=every_event)
    timeout = models.FloatField("time limit", default=10.0, help_text="seconds, connecting included")
    enabled = models.BooleanField(default=True)
    disabled_reason = models.TextField(blank=True)
    # The circuit (see webhooks.circuit): failures since the last success, and since when; while it is open,
    # nothing is sent but one probe at a time.
    consecutive_failures = models.PositiveIntegerField(db_default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    next_probe_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "webhook_receivers"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(source="environment"),
                name="webhook_receivers_one_from_environment",
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url


class Event(models.Model):
    """Something that happened to a ticket, with the exact text that every receiver is sent."""

    uid = models.UUIDField(db_default=RandomUUID(), editable=False)
    type = models.CharField(max_length=32, choices=EventType.choices)
    # Text, not jsonb: a retry must send the same bytes. No foreign key: this app knows no tickets.
    payload = models.TextField()
    ticket_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "webhook_events"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def message_id(self) -> str:
        """The `webhook-id` header: the same for every attempt, so that receivers can recognise a repeat."""
        return message_id(self.uid)


def message_id(uid: uuid.UUID) -> str:
    """The `webhook-id` of the event with this uid (Standard Webhooks, "Webhook headers")."""
    return f"msg_{uid.hex}"


class Delivery(models.Model):
    """An event owed to a receiver: `pending` until it is `delivered` or, its retries used up, `dead`."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead"

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    receiver = models.ForeignKey(Receiver, models.CASCADE, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=9, choices=State.choices, db_default=State.PENDING)
    attempts_made = models.PositiveSmallIntegerField(db_default=0)
    # While an attempt is under way this lies past its end: the lease that a dead worker leaves to expire.
    next_attempt_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name_plural = "deliveries"
        ordering = ["id"]
        indexes = [
            # What is owed, by receiver: small however many deliveries have been made.
            models.Index(
                fields=["receiver", "next_attempt_at"],
                condition=models.Q(state="pending"),
                name="webhook_deliveries_owed",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "delivered", "dead"]),
                name="webhook_deliveries_state",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Attempt(models.Model):
    """One try at a delivery and what came of it."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    duration = models.FloatField(help_text="seconds")
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status code, where one came")
    error = models.TextField(blank=True)
    response = models.TextField(blank=True, help_text="the beginning of the answer's body")

    class Meta:
        db_table = "webhook_attempts"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took the event."""
        return not self.error
