"""The Celery application: `celery -A ticketloop worker`, `celery -A ticketloop beat`."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from kombu.transport.redis import Channel

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")

# Celery warns a worker run by root of pickled tasks; ours are JSON, and a local run as root is nobody's mistake.
warnings.filterwarnings("ignore", category=SecurityWarning)

# When its connection to Redis breaks, Kombu would put back what the worker has fetched and not begun, when it has taken
# the connection apart already (5.7.0): the worker would end with an AttributeError, or leave a file behind in /tmp.
Channel.do_restore = False

app = Celery("ticketloop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
