"""Celery task: deletes expired sessions and sign-in failures."""

from datetime import timedelta

from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone


@shared_task(name="access.clear_expired")
def clear_expired() -> None:
    """Deletes expired sessions, and failed sign-ins older than AXES_COOLOFF_TIME."""
    SessionStore.clear_expired()
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - cool_off).delete()
