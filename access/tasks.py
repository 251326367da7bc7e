"""The Celery task that beat asks for to forget what is over."""

from datetime import timedelta

from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.utils import timezone


@shared_task(name="access.tidy")
def tidy() -> None:
    """Deletes sessions that have expired, and failed sign-ins that no longer count."""
    close_old_connections()
    SessionStore.clear_expired()
    forgotten: timedelta = settings.AXES_COOLOFF_TIME
    AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - forgotten).delete()
