"""Tickets: what contacts ask for."""

from django.db import models
from django.db.models.functions import Now

from contacts.models import Contact
from ticketloop.postgres_enum import EnumField


class Ticket(models.Model):
    """One request for support. `services` opens, resolves and reopens it, so that receivers hear of it."""

    class Status(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="tickets")
    issue_description = models.TextField()
    status = EnumField(enum_type="ticket_status", choices=Status.choices, db_default=Status.OPEN)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "tickets"
        ordering = ["id"]
        constraints = [
            # A ticket has a time of resolution exactly while it is resolved.
            models.CheckConstraint(
                condition=models.Q(status="resolved", resolved_at__isnull=False)
                | models.Q(status="open", resolved_at__isnull=True),
                name="tickets_resolved_at_matches_status",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
