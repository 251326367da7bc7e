"""The Celery application: `celery -A ticketloop worker`, `celery -A ticketloop beat`."""

import os
import warnings
from typing import Any

from celery import Celery, bootsteps
from celery.exceptions import SecurityWarning
from kombu.transport import virtual

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")

# Celery warns a worker run by root of pickled tasks; ours are JSON, and a local run as root is nobody's mistake.
warnings.filterwarnings("ignore", category=SecurityWarning)


class NoRequeueing(bootsteps.StartStopStep):
    """Drops the tasks that a worker has fetched and not begun when its connection to Redis breaks.

    Kombu would put them back over that same connection, fail, and leave a file in /tmp (5.7.0). A task is only a
    nudge: the next tick of beat finds what it announced. RabbitMQ requeues by itself.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """Runs after each connection to the broker, when the consumer of tasks has its channel."""
        channel = parent.task_consumer.channel
        if isinstance(channel, virtual.Channel):
            channel.qos.restore_at_shutdown = False


app = Celery("ticketloop")
app.steps["consumer"].add(NoRequeueing)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
