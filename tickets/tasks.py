"""Celery tasks, scheduled by beat."""

from celery import shared_task

from tickets import idempotency, privacy


@shared_task(name="tickets.prune_idempotency_keys")
def prune_idempotency_keys() -> None:
    """Deletes idempotency keys past their retention."""
    idempotency.prune()


@shared_task(name="tickets.finish_erasures")
def finish_erasures() -> None:
    """Continues erasures of contacts that a request left unfinished."""
    privacy.finish_erasures()
