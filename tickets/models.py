"""Tickets, their history, the idempotency keys of the requests that opened them, and erasures under way."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.text import Truncator

from contacts.models import Contact
from core.constraints import numbers_constraint, times_constraint
from core.enum_field import EnumField
from core.search import Fold
from core.visible_text import visible

# KiB. The INSERT that fills the pending list of the search index merges it; PostgreSQL's default of 4 MiB would delay
# that request by a tenth of a second.
GIN_PENDING_LIST_LIMIT = 1024
DESCRIPTION_MAX_LENGTH = 20_000
EXCERPT_LENGTH = 300  # characters; lists show as much of it as has room
ERASED_TEXT = "The text of this ticket was erased."


class Ticket(models.Model):
    """A support request. Change it through `services` only: they record the event for the receivers."""

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
    # Null while open, and where an API client resolved it. No index: it is never searched.
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )

    # Stored, as a search tests it for every row that the index suggests.
    search_text = models.GeneratedField(
        expression=Fold("issue_description"), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        db_table = "tickets"
        ordering = ["id"]
        default_permissions = ()
        permissions = [
            ("view_ticket", "See tickets"),
            ("add_ticket", "Open tickets"),
            ("change_ticket", "Resolve and reopen tickets"),
            ("export_ticket", "Export tickets as CSV"),
        ]
        constraints = [
            times_constraint("tickets", "created_at", "resolved_at"),
            numbers_constraint("tickets"),
            models.CheckConstraint(
                condition=~models.Q(issue_description=""), name="tickets_issue_description_not_empty"
            ),
            # A ticket has a resolved_at exactly while it is resolved.
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
            # A partial index per status, not one index on (status, …): the planner then knows that its rows lie in the
            # table's order, and does not prefer to scan the whole table for rare ones.
            *(
                models.Index(*key, name=f"tickets_{status}_{key[0]}", condition=models.Q(status=status))
                for status in ("open", "resolved")
                for key in (("id",), ("created_at", "id"))
            ),
            GinIndex(
                fields=["search_text"],
                opclasses=["gin_trgm_ops"],
                name="tickets_search",
                gin_pending_list_limit=GIN_PENDING_LIST_LIMIT,
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def excerpt(self) -> str:
        """The beginning of the description, for a list: the first line alone is often a greeting."""
        text = Truncator(" ".join(self.issue_description.split())).chars(EXCERPT_LENGTH)
        return visible(text, "(no visible text)")


class Change(models.Model):
    """An entry of a ticket's history: opened, resolved or reopened, and by whom. Kept as long as the ticket.

    Written by the statement that changes the ticket. Anonymous opens leave no entry: `created_at` tells the time.
    """

    class Kind(models.TextChoices):
        OPENED = "opened"
        RESOLVED = "resolved"
        REOPENED = "reopened"

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    # The name at that time: a user name or a key's prefix; empty for an anonymous API client.
    actor = models.CharField(max_length=150)
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "ticket_changes"
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            times_constraint("ticket_changes", "at"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["opened", "resolved", "reopened"]), name="ticket_changes_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket} {self.kind}"


class IdempotencyKey(models.Model):
    """The Idempotency-Key with which a client opened a ticket, so that a retry finds that ticket.

    `namespace` and `client` say whose key it is (`access.credentials`). `fingerprint` is a hash of
    the request, which tells a retry from a different request; null once the contact is erased. The first response is
    the payload of the ticket's first event.
    """

    namespace = models.CharField(max_length=64)
    client = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(null=True)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        db_table = "idempotency_keys"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint("namespace", "key", "client", name="idempotency_keys_client"),
            models.UniqueConstraint("namespace", "key", "fingerprint", name="idempotency_keys_fingerprint"),
            times_constraint("idempotency_keys", "created_at"),
        ]

    def __str__(self) -> str:
        return self.key


class Erasure(models.Model):
    """An erasure under way: the contact is erased, their tickets follow in batches (see `privacy`). Gone once done."""

    contact = models.OneToOneField(Contact, models.CASCADE, related_name="+")
    last_ticket = models.BigIntegerField(db_default=0)  # tickets are erased in the order of their ids
    tickets = models.PositiveIntegerField(db_default=0, help_text="erased so far")
    deliveries = models.PositiveIntegerField(db_default=0, help_text="cancelled so far")

    class Meta:
        db_table = "erasures"
        default_permissions = ()

    def __str__(self) -> str:
        return f"erasure of contact {self.contact_id}"
