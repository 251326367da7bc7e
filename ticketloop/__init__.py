"""Ticket Loop: a small, self-hosted support-ticket service."""

from ticketloop.celery import app as celery_app

__all__ = ["celery_app"]
