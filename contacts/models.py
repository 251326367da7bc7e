"""Contacts: the people who open tickets."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper

from contacts.email import MAX_LENGTH


class Contact(models.Model):
    """Somebody who opened a ticket, known by a normalised e-mail address."""

    full_name = models.CharField(max_length=255)
    email = models.CharField(max_length=MAX_LENGTH, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "contacts"
        ordering = ["id"]
        permissions = [
            ("export_contact", "Can export everything known about a contact"),
            ("erase_contact", "Can erase a contact's name, address and texts for good"),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(full_name=""), name="contacts_full_name_not_empty"),
        ]
        indexes = [
            models.Index("created_at", "id", name="contacts_created_at"),
            # For `UPPER(column) LIKE UPPER(pattern)`, which is also what `icontains` says.
            GinIndex(
                OpClass(Upper("full_name"), "gin_trgm_ops"),
                OpClass(Upper("email"), "gin_trgm_ops"),
                name="contacts_search",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} <{self.email}>"
