"""API keys; staff and their roles, which are Django's users and groups."""

from datetime import datetime

from django.contrib.auth.models import Group, User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from access.scopes import Scope
from core.constraints import numbers_constraint, times_constraint
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
        default_permissions = ()
        permissions = [
            ("view_apikey", "See API keys"),
            ("add_apikey", "Add API keys"),
            ("change_apikey", "Change and revoke API keys"),
        ]
        constraints = [
            models.CheckConstraint(
                # The first element of an empty or nested array is null.
                condition=models.Q(scopes__0__isnull=False, scopes__contained_by=Scope.values),
                name="api_keys_scopes",
            ),
            times_constraint("api_keys", "created_at", "expires_at", "revoked_at", "last_used_at"),
            numbers_constraint("api_keys"),
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


class StaffMember(User):
    """A user under the name that the desk has for them. Nobody deletes one: history keeps their names."""

    class Meta:
        proxy = True
        default_permissions = ()
        permissions = [
            ("view_staffmember", "See staff"),
            ("change_staffmember", "Change staff: role, password, active or not"),
            ("add_staffmember", "Add staff (needs “Change staff” as well)"),
        ]
        verbose_name = "staff member"
        verbose_name_plural = "staff"

    @property
    def role_names(self) -> str:
        """What this person may do, in a word or two."""
        if self.is_superuser:
            return "Superuser"
        return ", ".join(sorted(group.name for group in self.groups.all()))


# Created by migrations; they keep their names, by which documents and operators know them.
BUILT_IN_ROLES = ("Support agent", "Support lead", "Administrator")


class Role(Group):
    """A group under the name that the desk has for it: the permissions of those staff who have the role."""

    class Meta:
        proxy = True
        verbose_name = "role"
        default_permissions = ()
        permissions = [
            ("view_role", "See roles"),
            ("add_role", "Add roles"),
            ("change_role", "Change roles"),
            ("delete_role", "Delete roles"),
        ]

    @property
    def is_built_in(self) -> bool:
        """Whether migrations created it."""
        return self.name in BUILT_IN_ROLES
