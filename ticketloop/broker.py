"""What Redis and RabbitMQ have in common for those who talk to the broker: time limits, and what goes wrong."""

from typing import Any

from amqp import AMQPError
from kombu.exceptions import OperationalError

# RabbitMQ's refusals, of a wrong password for one, pass through Kombu as they are.
BROKER_ERRORS = (OperationalError, AMQPError)


def time_limits(url: str, connect: float, answer: float) -> dict[str, Any]:
    """Kombu's transport options for the broker at this URL: seconds to connect, seconds for an answer, no second try.

    Kombu's own limits add up to minutes when a broker accepts and never answers.
    """
    if url.startswith("amqp"):
        limits = {"connect_timeout": connect, "read_timeout": answer, "write_timeout": answer}
    else:
        limits = {"socket_connect_timeout": connect, "socket_timeout": answer, "health_check_interval": 5}
    return {**limits, "max_retries": 0}
