"""Contacts: the people who open tickets."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Concat, Now

from contacts import look_alikes
from contacts.email import MAX_LENGTH
from core.constraints import numbers_constraint, times_constraint
from core.search import Fold
from core.visible_text import visible

NAME_MAX_LENGTH = 255

# `.invalid` is never assigned (RFC 2606), and `normalise_email` refuses it: no real contact can have such an address.
ERASED_DOMAIN = "erased.invalid"


class Contact(models.Model):
    """A person who opened a ticket, identified by a normalised email address."""

    full_name = models.CharField(max_length=NAME_MAX_LENGTH)
    email = models.CharField(max_length=MAX_LENGTH, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    search_text = models.GeneratedField(
        expression=Fold(Concat("full_name", models.Value("\n"), "email")),
        output_field=models.TextField(),
        db_persist=True,
    )

    class Meta:
        db_table = "contacts"
        ordering = ["id"]
        default_permissions = ()
        permissions = [
            ("view_contact", "See contacts"),
            ("change_contact", "Correct names and email addresses"),
            ("export_contact", "Export everything known about a contact"),
            ("erase_contact", "Erase a contact’s name, address and texts for good"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(full_name=""), name="contacts_full_name_not_empty"),
            models.CheckConstraint(condition=~models.Q(email=""), name="contacts_email_not_empty"),
            times_constraint("contacts", "created_at"),
            numbers_constraint("contacts"),
        ]
        indexes = [
            models.Index("created_at", "id", name="contacts_created_at"),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="contacts_search"),
        ]

    def __str__(self) -> str:
        return f"{visible(self.full_name)} <{self.email}>"

    @property
    def is_erased(self) -> bool:
        """Whether `erase` has removed name and address."""
        return self.email.endswith(f"@{ERASED_DOMAIN}")

    @property
    def caution(self) -> str:
        """A sentence for staff if the address may be a look-alike, else empty."""
        return look_alikes.caution(self.email)

    def erase(self) -> None:
        """Replaces name and address by placeholders. The address is free again: a new ticket makes a new contact."""
        self.full_name = f"Erased contact {self.pk}"
        self.email = f"erased-{self.pk}@{ERASED_DOMAIN}"
        self.save(update_fields=["full_name", "email"])
