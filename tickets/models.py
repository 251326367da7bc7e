"""Tickets: what contacts ask for."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils.text import Truncator

from contacts.models import Contact
from core.enum_field import EnumField

# KiB of new entries that the search index keeps aside; the request that fills this up sorts them in. The default of
# 4 MiB would hold that one up for a tenth of a second.
SEARCH_BUFFER = 1024
DESCRIPTION_MAX_LENGTH = 20_000
FIRST_LINE_LENGTH = 80  # characters


class Ticket(models.Model):
    """One request for support. `services` opens, resolves and reopens it, so that receivers hear of it."""

    class Status(models.TextChoices):
        OPEN = "open"
        RESOLVED = "resolved"

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="tickets", db_index=False)
    issue_description = models.TextField(
        max_length=DESCRIPTION_MAX_LENGTH, validators=[MaxLengthValidator(DESCRIPTION_MAX_LENGTH)]
    )
    status = EnumField(enum_type="ticket_status", choices=Status.choices, db_default=Status.OPEN)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    resolved_at = models.DateTimeField(null=True, editable=False)
    # The member of staff; null while open, and where a client of the API resolved it. No index: it is never searched.
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )

    class Meta:
        db_table = "tickets"
        ordering = ["id"]
        permissions = [("export_ticket", "Can export tickets as CSV")]
        constraints = [
            # A ticket has a time of resolution exactly while it is resolved.
            models.CheckConstraint(
                condition=models.Q(status="resolved", resolved_at__isnull=False)
                | models.Q(status="open", resolved_at__isnull=True),
                name="tickets_resolved_at_matches_status",
            ),
            models.CheckConstraint(
                condition=models.Q(status="resolved") | models.Q(resolved_by__isnull=True),
                name="tickets_resolved_by_only_while_resolved",
            ),
        ]
        indexes = [
            models.Index("created_at", "id", name="tickets_created_at"),
            models.Index("contact", "id", name="tickets_contact"),
            models.Index(
                *("resolved_at", "created_at", "id"),
                name="tickets_resolved_at",
                condition=models.Q(resolved_at__isnull=False),
            ),
            # One index per status and not one with the status before the key: the planner then knows that its rows
            # lie in the table's own order, and does not prefer to look for rare ones through the whole table.
            *(
                models.Index(*key, name=f"tickets_{status}_{key[0]}", condition=models.Q(status=status))
                for status in ("open", "resolved")
                for key in (("id",), ("created_at", "id"))
            ),
            # For `UPPER(column) LIKE UPPER(pattern)`, which is also what `icontains` says.
            GinIndex(
                OpClass(Upper("issue_description"), "gin_trgm_ops"),
                name="tickets_search",
                gin_pending_list_limit=SEARCH_BUFFER,
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def first_line(self) -> str:
        """The beginning of the text, short enough for a row."""
        return Truncator(self.issue_description.splitlines()[0]).chars(FIRST_LINE_LENGTH)


class Change(models.Model):
    """That a ticket was opened, resolved or reopened, and by whom: its history, kept as long as the ticket is.

    Written by the statement that does it. Who opens a ticket without a name leaves none: the ticket says when.
    """

    class Kind(models.TextChoices):
        OPENED = "opened"
        RESOLVED = "resolved"
        REOPENED = "reopened"

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # As it was called then: a user name or a key's beginning; empty for a client of the API without a key.
    actor = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "ticket_changes"
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.ticket} {self.kind}"


class IdempotencyKey(models.Model):
    """The key with which a client opened a ticket, so that its retries find that ticket instead of opening another.

    `scope` says whose key it is; `fingerprint` is of the request, to tell a retry from a mistake, and null once the
    contact was erased. The first answer is not kept again: it is the payload of the ticket's first event.
    """

    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(null=True)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        db_table = "idempotency_keys"
        default_permissions = ()
        constraints = [models.UniqueConstraint("scope", "key", name="idempotency_keys_scope_key")]

    def __str__(self) -> str:
        return self.key
