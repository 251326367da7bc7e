"""Receivers, events, deliveries (an event for a receiver) and attempts."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from core.constraints import numbers_constraint, times_constraint
from core.visible_text import visible
from webhooks import encryption, headers
from webhooks.receiver_url import validate_receiver_url
from webhooks.signing import new_secret


class EventType(models.TextChoices):
    """The events that receivers can subscribe to."""

    TICKET_CREATED = "ticket.created", "ticket.created"
    TICKET_RESOLVED = "ticket.resolved", "ticket.resolved"
    TICKET_REOPENED = "ticket.reopened", "ticket.reopened"


TEST_EVENT = "test"  # sent on demand, whatever the receiver subscribes to


def every_event() -> list[str]:
    """The default subscription: all event types."""
    return list(EventType.values)


def encrypted_new_secret() -> str:
    """A new signing secret, encrypted: the default of `Receiver.encrypted_secret`."""
    return encryption.encrypt(new_secret())


class Receiver(models.Model):
    """An HTTP endpoint that events are sent to."""

    class Source(models.TextChoices):
        ENVIRONMENT = "environment", "from environment"
        DESK = "desk", "support desk"

    class BodyFormat(models.TextChoices):
        TICKET = "ticket", "the ticket itself"
        STANDARD = "standard", "Standard Webhooks envelope: type, timestamp, data"

    source = models.CharField(max_length=11, choices=Source.choices, default=Source.DESK, editable=False)
    description = models.CharField(max_length=255, blank=True)
    url = models.TextField("URL", validators=[validate_receiver_url])
    events = ArrayField(models.CharField(max_length=32, choices=EventType.choices), default=every_event)
    body_format = models.CharField(max_length=8, choices=BodyFormat.choices, default=BodyFormat.TICKET)
    timeout = models.FloatField("time limit", default=10.0, help_text="seconds, including connecting")
    # Encrypted (see webhooks.encryption). During a rotation the previous secret signs too, until previous_secret_until.
    encrypted_secret = models.TextField(default=encrypted_new_secret, editable=False)
    encrypted_previous_secret = models.TextField(blank=True, editable=False)
    previous_secret_until = models.DateTimeField(null=True, editable=False)
    encrypted_headers = models.TextField(blank=True, editable=False)
    enabled = models.BooleanField(default=True)
    disabled_reason = models.TextField(blank=True, editable=False)
    # Set when Ticket Loop, not staff, disabled it; staff are notified once, at the time that is due.
    disabled_at = models.DateTimeField(null=True, editable=False)
    notify_staff_at = models.DateTimeField(null=True, editable=False)
    # The circuit breaker (see webhooks.circuit_breaker): failures since the last success, and the next probe.
    consecutive_failures = models.PositiveIntegerField(db_default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    next_probe_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "webhook_receivers"
        ordering = ["id"]
        default_permissions = ()
        permissions = [
            ("view_receiver", "See receivers"),
            ("add_receiver", "Add receivers"),
            ("change_receiver", "Change, enable and disable receivers"),
            ("delete_receiver", "Delete receivers"),
            ("see_secret", "See and rotate secrets, see and set custom headers"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(source="environment"),
                name="webhook_receivers_one_from_environment",
            ),
            numbers_constraint("webhook_receivers"),
            times_constraint(
                *("webhook_receivers", "previous_secret_until", "disabled_at", "notify_staff_at", "failing_since"),
                *("next_probe_at", "created_at"),
            ),
        ]

    def __str__(self) -> str:
        """The description, or the host alone: a URL's path may hold a token, and agents see no receivers."""
        try:
            return visible(self.description, urlsplit(self.url).netloc)
        except ValueError:  # stored before today's rules for URLs
            return f"Receiver {self.pk}"

    @property
    def secret(self) -> str:
        """The signing secret. Raises DecryptionError."""
        return encryption.decrypt(self.encrypted_secret)

    @secret.setter
    def secret(self, secret: str) -> None:
        self.encrypted_secret = encryption.encrypt(secret)

    @property
    def header_lines(self) -> str:
        """The receiver's custom headers as they are stored, allowed or not. Raises DecryptionError."""
        return encryption.decrypt(self.encrypted_headers)

    @property
    def headers(self) -> dict[str, str]:
        """The receiver's custom headers. Raises DecryptionError or HeadersError."""
        return headers.parse(self.header_lines)

    @headers.setter
    def headers(self, values: dict[str, str]) -> None:
        self.encrypted_headers = encryption.encrypt("\n".join(f"{name}: {value}" for name, value in values.items()))

    def rotate_secret(self, overlap: timedelta) -> None:
        """Saves a new secret; the old one goes on signing beside it for `overlap`."""
        self.encrypted_previous_secret = self.encrypted_secret if overlap else ""
        self.previous_secret_until = timezone.now() + overlap if overlap else None
        self.secret = new_secret()
        self.save(update_fields=["encrypted_secret", "encrypted_previous_secret", "previous_secret_until"])


class Lane(models.Model):
    """The right of one task to send to a receiver until `held_until` (see webhooks.dispatcher); gone when it is done.

    The id names a lane that was handed out once: handed out again, it has another.
    """

    # No constraint: handing out lanes would wait for the deletion of a receiver.
    receiver = models.ForeignKey(Receiver, models.DO_NOTHING, related_name="lanes", db_index=False, db_constraint=False)
    number = models.PositiveSmallIntegerField()
    handed_out_at = models.DateTimeField()
    held_until = models.DateTimeField()

    class Meta:
        db_table = "webhook_lanes"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["receiver", "number"], name="webhook_lanes_one_of_a_number"),
            times_constraint("webhook_lanes", "handed_out_at", "held_until"),
        ]

    def __str__(self) -> str:
        return f"lane {self.number} of receiver {self.receiver_id}"


class Event(models.Model):
    """Something that happened to a ticket, with the exact text that is sent to every receiver."""

    uid = models.UUIDField(db_default=RandomUUID(), editable=False)
    type = models.CharField(max_length=32, choices=[*EventType.choices, (TEST_EVENT, TEST_EVENT)])
    # Text, not jsonb: a retry must send the same bytes. No foreign key: tickets are a layer above.
    payload = models.TextField()
    ticket_id = models.BigIntegerField(null=True, db_index=True)
    request_id = models.CharField(max_length=128, db_default="", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "webhook_events"
        default_permissions = ()
        ordering = ["id"]
        # BRIN: rows are in order of time, so block ranges find a moment at almost no cost for writes.
        indexes = [BrinIndex(fields=["created_at"], autosummarize=True, name="webhook_events_created_at")]
        constraints = [times_constraint("webhook_events", "created_at")]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def message_id(self) -> str:
        """The `webhook-id` header: the same for every attempt, so that receivers can deduplicate."""
        return message_id(self.uid)


def message_id(uid: uuid.UUID) -> str:
    """The `webhook-id` of the event with this uid (Standard Webhooks, "Webhook headers")."""
    return f"msg_{uid.hex}"


class Delivery(models.Model):
    """An event for one receiver: `pending` until it is `delivered`, `dead` once its retries are used up."""

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        DEAD = "dead"
        CANCELLED = "cancelled"

    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", db_index=False)
    receiver = models.ForeignKey(Receiver, models.CASCADE, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=9, choices=State.choices, db_default=State.PENDING)
    attempts_made = models.PositiveSmallIntegerField(db_default=0, help_text="since the last resend")
    next_attempt_at = models.DateTimeField(db_default=Now())
    # Set while a worker attempts the delivery. When the worker dies, the lease expires and the delivery is due again.
    leased_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name_plural = "deliveries"
        default_permissions = ()
        permissions = [
            ("view_delivery", "See deliveries"),
            ("resend_delivery", "Resend and cancel deliveries, replay events, send test events"),
        ]
        ordering = ["id"]
        indexes = [
            # Partial: small however many deliveries have been made.
            models.Index(
                fields=["receiver", "next_attempt_at"],
                condition=models.Q(state="pending"),
                name="webhook_deliveries_pending",
            ),
            # Partial: dead deliveries are rare, and are listed and counted.
            models.Index(fields=["id"], condition=models.Q(state="dead"), name="webhook_deliveries_dead"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event", "receiver"], name="webhook_deliveries_one_per_receiver"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "delivered", "dead", "cancelled"]),
                name="webhook_deliveries_state",
            ),
            times_constraint("webhook_deliveries", "next_attempt_at", "leased_until", "created_at", "finished_at"),
            numbers_constraint("webhook_deliveries"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Attempt(models.Model):
    """One attempt at a delivery and its result."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    receiver = models.ForeignKey(Receiver, models.CASCADE, related_name="attempts", db_index=False)
    started_at = models.DateTimeField()
    duration = models.FloatField(help_text="seconds")
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status code, if there was an answer")
    error = models.TextField(blank=True)
    response = models.TextField(blank=True, help_text="the beginning of the response body")

    class Meta:
        db_table = "webhook_attempts"
        ordering = ["id"]
        default_permissions = ()
        permissions = [
            ("view_attempt", "See each attempt and what the receiver answered"),
        ]
        indexes = [models.Index(fields=["receiver", "id"], name="webhook_attempts_of_receiver")]
        constraints = [times_constraint("webhook_attempts", "started_at")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def succeeded(self) -> bool:
        """Whether the receiver answered 2xx."""
        return not self.error
