"""The Celery application: `celery -A ticketloop worker`, `celery -A ticketloop beat`."""

import os
import warnings
from typing import Any

from celery import Celery, bootsteps
from celery.exceptions import SecurityWarning
from kombu.transport import virtual

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")

# Celery warns about pickled tasks in a worker that runs as root; ours are JSON, and `make run` may run as root.
warnings.filterwarnings("ignore", category=SecurityWarning)


class NoRequeueing(bootsteps.StartStopStep):
    """Drops the prefetched tasks of a worker when its connection to Redis breaks.

    Kombu 5.7.0 would requeue them over the broken connection, fail, and leave a file in /tmp. A task is only a nudge:
    the next tick of beat finds the deliveries. RabbitMQ requeues by itself.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """Called after each (re)connection to the broker, once the task consumer has a channel."""
        channel = parent.task_consumer.channel
        if isinstance(channel, virtual.Channel):
            channel.qos.restore_at_shutdown = False


app = Celery("ticketloop")
app.steps["consumer"].add(NoRequeueing)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
