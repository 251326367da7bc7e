"""Scopes of API keys."""

from django.db import models


class Scope(models.TextChoices):
    """What a key may do."""

    CREATE = "tickets:create", "tickets:create – open tickets"
    READ = "tickets:read", "tickets:read – list and read tickets and contacts"
    RESOLVE = "tickets:resolve", "tickets:resolve – resolve and reopen tickets"
