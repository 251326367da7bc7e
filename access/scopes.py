"""Scopes of API keys, and the scope that each action of the API requires."""

from django.db import models


class Scope(models.TextChoices):
    """What a key may do."""

    CREATE = "tickets:create", "tickets:create – open tickets"
    READ = "tickets:read", "tickets:read – list and read tickets and contacts"
    RESOLVE = "tickets:resolve", "tickets:resolve – resolve and reopen tickets"


# By the name of the viewset's action. What is not here (OPTIONS, a method that is not allowed) any valid key may ask.
REQUIRED = {
    "create": Scope.CREATE,
    "list": Scope.READ,
    "retrieve": Scope.READ,
    "resolve": Scope.RESOLVE,
    "reopen": Scope.RESOLVE,
}
