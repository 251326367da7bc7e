"""Receivers, the events they are told of, the deliveries that are owed and the attempts made at them."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from webhooks import encryption, headers
from webhooks.signing import new_secret


class EventType(models.TextChoices):
    """What receivers can be told of."""

    TICKET_CREATED = "ticket.created", "ticket.created"
    TICKET_RESOLVED = "ticket.resolved", "ticket.resolved"
    TICKET_REOPENED = "ticket.reopened", "ticket.reopened"


TEST_EVENT = "test"  # sent on demand, to a receiver whatever it subscribed to


def every_event() -> list[str]:
    """The default subscription: all event types."""
    return list(EventType.values)


def sealed_new_secret() -> str:
    """A fresh secret, as it is stored."""
    return encryption.seal(new_secret())


class Receiver(models.Model):
    """An HTTP endpoint that is told of events."""

    class Source(models.TextChoices):
        ENVIRONMENT = "environment", "from environment"
        DESK = "desk", "support desk"

    class BodyFormat(models.TextChoices):
        TICKET = "ticket", "the ticket itself"
        STANDARD = "standard", "Standard Webhooks envelope: type, timestamp, data"

    source = models.CharField(max_length=11, choices=Source.choices, default=Source.DESK, editable=False)
    description = models.CharField(max_length=255, blank=True)
    url = models.TextField("URL")
    events = ArrayField(models.CharField(max_length=32, choices=EventType.choices), default=every_event)
    body_format = models.CharField(max_length=8, choices=BodyFormat.choices, default=BodyFormat.TICKET)
    timeout = models.FloatField("time limit", default=10.0, help_text="seconds, connecting included")
    # Encrypted (see webhooks.encryption); `previous` signs along with the new secret until the moment beside it.
    sealed_secret = models.TextField(default=sealed_new_secret, editable=False)
    sealed_previous_secret = models.TextField(blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    sealed_headers = models.TextField(blank=True, editable=False)
    enabled = models.BooleanField(default=True)
    disabled_reason = models.TextField(blank=True, editable=False)
    # Set when Ticket Loop disabled it and not staff; staff are told once.
    disabled_at = models.DateTimeField(null=True, editable=False)
    staff_told_at = models.DateTimeField(null=True, editable=False)
    # The circuit (see webhooks.circuit_breaker): failures since the last success, and since when; while it is open,
    # nothing is sent but one probe at a time.
    consecutive_failures = models.PositiveIntegerField(db_default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    next_probe_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "webhook_receivers"
        ordering = ["id"]
        permissions = [("see_secret", "Can see and rotate secrets, see and set headers")]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(source="environment"),
                name="webhook_receivers_one_from_environment",
            ),
        ]

    def __str__(self) -> str:
        """Without the URL's path, which may hold a token: those who see deliveries need not see receivers."""
        return self.description or urlsplit(self.url).netloc

    @property
    def secret(self) -> str:
        """The secret that signs; raises UnsealError."""
        return encryption.unseal(self.sealed_secret)

    @secret.setter
    def secret(self, secret: str) -> None:
        self.sealed_secret = encryption.seal(secret)

    @property
    def headers(self) -> dict[str, str]:
        """The receiver's own headers; raises UnsealError."""
        return headers.parse(encryption.unseal(self.sealed_headers))

    @headers.setter
    def headers(self, values: dict[str, str]) -> None:
        self.sealed_headers = encryption.seal("\n".join(f"{name}: {value}" for name, value in values.items()))

    def rotate_secret(self, overlap: timedelta) -> None:
        """Saves a new secret; for the length of `overlap` the old one signs along with it."""
        self.sealed_previous_secret = self.sealed_secret if overlap else ""
        self.previous_secret_until = timezone.now() + overlap if overlap else None
        self.secret = new_secret()
        self.save(update_fields=["sealed_secret", "sealed_previous_secret", "previous_secret_until"])


class Event(models.Model):
    """Something that happened to a ticket, with the exact text that every receiver is sent."""

    uid = models.UUIDField(db_default=RandomUUID(), editable=False)
    type = models.CharField(max_length=32, choices=[*EventType.choices, (TEST_EVENT, TEST_EVENT)])
    # Text, not jsonb: a retry must send the same bytes. No foreign key: this app knows no tickets.
    payload = models.TextField()
    ticket_id = models.BigIntegerField(null=True, db_index=True)
    request_id = models.CharField(max_length=128, db_default="", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "webhook_events"
        ordering = ["id"]
        # Finds a moment in a table that grows with time, and costs next to nothing to keep.
        indexes = [BrinIndex(fields=["created_at"], autosummarize=True, name="webhook_events_created_at")]

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
    """An event owed to a receiver: `pending` until it is `delivered`, or `dead` when its retries are used up."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead"
        CANCELLED = "cancelled"

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", db_index=False)
    receiver = models.ForeignKey(Receiver, models.CASCADE, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=9, choices=State.choices, db_default=State.PENDING)
    attempts_made = models.PositiveSmallIntegerField(db_default=0, help_text="since it was last put on its way")
    next_attempt_at = models.DateTimeField(db_default=Now())
    # While an attempt is under way: past its end. A worker that dies leaves the lease to expire.
    leased_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name_plural = "deliveries"
        permissions = [("resend_delivery", "Can resend, replay and cancel deliveries, and send test events")]
        ordering = ["id"]
        indexes = [
            # What is owed, by receiver: small however many deliveries have been made.
            models.Index(
                fields=["receiver", "next_attempt_at"],
                condition=models.Q(state="pending"),
                name="webhook_deliveries_owed",
            ),
            # What is given up is rare, looked for and counted.
            models.Index(fields=["id"], condition=models.Q(state="dead"), name="webhook_deliveries_dead"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "receiver"], name="webhook_deliveries_one_per_receiver"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "delivered", "dead", "cancelled"]),
                name="webhook_deliveries_state",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Attempt(models.Model):
    """One try at a delivery and what came of it."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    receiver = models.ForeignKey(Receiver, models.CASCADE, related_name="attempts", db_index=False)
    started_at = models.DateTimeField()
    duration = models.FloatField(help_text="seconds")
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status code, where one came")
    error = models.TextField(blank=True)
    response = models.TextField(blank=True, help_text="the beginning of the answer's body")

    class Meta:
        db_table = "webhook_attempts"
        ordering = ["id"]
        indexes = [models.Index(fields=["receiver", "id"], name="webhook_attempts_of_receiver")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took the event."""
        return not self.error
