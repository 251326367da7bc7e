"""The Celery application: `celery -A ticketloop worker`, `celery -A ticketloop beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")

app = Celery("ticketloop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
