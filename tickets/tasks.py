"""The Celery tasks of tickets; only beat asks for them."""

from celery import shared_task
from django.db import close_old_connections

from tickets import idempotency


@shared_task(name="tickets.prune_idempotency_keys")
def prune_idempotency_keys() -> None:
    """Forgets old idempotency keys."""
    close_old_connections()
    idempotency.prune()
