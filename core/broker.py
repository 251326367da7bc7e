"""What Redis and RabbitMQ have in common for those who talk to the broker: options, and what goes wrong."""

from typing import Any

from amqp import AMQPError
from kombu.exceptions import OperationalError

# RabbitMQ's refusals, of a wrong password for one, pass through Kombu as they are.
BROKER_ERRORS = (OperationalError, AMQPError)


def transport_options(url: str, connect: float, answer: float) -> dict[str, Any]:
    """Kombu's transport options for the broker at this URL: seconds to connect, seconds for an answer, no second try.

    Kombu's own limits add up to minutes when a broker accepts and never answers. Redis is not asked to remember what a
    worker has fetched and not begun, either: it was but a nudge.
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
