"""The Celery application: `celery -A ticketloop worker`, `celery -A ticketloop beat`."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")

# Celery warns a worker run by root of pickled tasks; ours are JSON, and a local run as root is nobody's mistake.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("ticketloop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
