"""API keys."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from access.scopes import Scope
from core.constraints import times_constraint
from core.visible_text import visible


class ApiKey(models.Model):
    """An API key. Only its digest is stored: the key itself is shown once, by `keys.create`."""

    name = models.CharField(max_length=100, help_text="Who or what uses it, such as “shop front end”.")
    # The public part of the key: finds its row, and identifies it at the desk and in the log.
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope.choices))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(
        "expires", null=True, blank=True, help_text="In UTC. Leave empty for a key that never expires."
    )
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta:
        db_table = "api_keys"
        ordering = ["id"]
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                # The first element of an empty or nested array is null.
                condition=models.Q(scopes__0__isnull=False, scopes__contained_by=Scope.values),
                name="api_keys_scopes",
            ),
            times_constraint("api_keys", "created_at", "expires_at", "revoked_at", "last_used_at"),
        ]

    def __str__(self) -> str:
        return visible(self.name)

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.has_expired(timezone.now()) else "active"

    def has_expired(self, now: datetime) -> bool:
        """Whether the key has expired at this time."""
        return self.expires_at is not None and self.expires_at <= now
