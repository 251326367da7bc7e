"""Connection options and errors of the message broker, the same for Redis and RabbitMQ."""

from typing import Any

from amqp import AMQPError
from kombu.exceptions import OperationalError

# Kombu does not wrap RabbitMQ's refusals, such as that of a wrong password.
BROKER_ERRORS = (OperationalError, AMQPError)


def transport_options(url: str, connect: float, answer: float) -> dict[str, Any]:
    """Kombu's transport options for the broker at this URL: time limits in seconds, no retries.

    Kombu's defaults add up to minutes when a broker accepts connections and never answers. `ack_emulation` is off for
    Redis: a task is only a nudge, so one that a worker has fetched and not started need not be redelivered.
    """
    if url.startswith("amqp"):
        return {"connect_timeout": connect, "read_timeout": answer, "write_timeout": answer, "max_retries": 0}
    return {
        "socket_connect_timeout": connect,
        "socket_timeout": answer,
        "health_check_interval": 5,
        "max_retries": 0,
        "ack_emulation": False,
    }
