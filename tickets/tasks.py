"""Celery task, scheduled by beat: deletes old idempotency keys."""

from celery import shared_task

from tickets import idempotency


@shared_task(name="tickets.prune_idempotency_keys")
def prune_idempotency_keys() -> None:
    """Deletes idempotency keys past their retention."""
    idempotency.prune()
