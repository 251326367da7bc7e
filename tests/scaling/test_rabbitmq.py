"""RabbitMQ wakes the workers as well as Redis does, and as little depends on it."""

import signal
import statistics
from collections.abc import Callable, Iterator

import pytest

from tests.debian import find_program
from tests.processes import MAX_MEDIAN_SECONDS, Gunicorn, Process, wait_until
from tests.rabbitmq import RabbitMQ
from tests.receiver import RecordingReceiver, Reply

Start = Callable[..., Process]


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A broker that the tests of this file may stop."""
    find_program("rabbitmq-server", package="rabbitmq-server")
    with RabbitMQ(tmp_path_factory.mktemp("broker") / "rabbitmq") as broker:
        yield broker


@pytest.fixture(scope="module")
def on_rabbitmq(rabbitmq: RabbitMQ) -> dict[str, str]:
    """The environment of a service that knows no Redis."""
    return {"REDIS_URL": "", "BROKER_URL": rabbitmq.url}


@pytest.fixture(scope="module")
def service_on_rabbitmq(start_service: Callable[..., Gunicorn], on_rabbitmq: dict[str, str]) -> Gunicorn:
    return start_service(**on_rabbitmq)


def broker_health(service: Gunicorn) -> tuple[int, str]:
    response = service.request("GET", "/health")
    return response.status_code, response.json()["broker"]


def test_a_nudge_through_rabbitmq_is_enough_without_beat(
    service_on_rabbitmq: Gunicorn, on_rabbitmq: dict[str, str], start_worker: Start, receiver: RecordingReceiver
) -> None:
    start_worker(**on_rabbitmq)
    service_on_rabbitmq.open_ticket()
    receiver.wait_for(1)
    wait_until(lambda: broker_health(service_on_rabbitmq) == (200, "ok"), what="the truth")


def test_a_frozen_rabbitmq_delays_no_ticket(
    service_on_rabbitmq: Gunicorn, rabbitmq: RabbitMQ, receiver: RecordingReceiver
) -> None:
    rabbitmq.signal(signal.SIGSTOP)
    try:
        assert statistics.median(service_on_rabbitmq.post_times(20)) < MAX_MEDIAN_SECONDS
        wait_until(lambda: broker_health(service_on_rabbitmq) == (200, "error"), what="the truth")
    finally:
        rabbitmq.signal(signal.SIGCONT)


def test_a_killed_rabbitmq_delays_no_ticket_and_all_goes_on_when_it_is_back(
    service_on_rabbitmq: Gunicorn,
    rabbitmq: RabbitMQ,
    on_rabbitmq: dict[str, str],
    start_worker: Start,
    start_beat: Start,
    receiver: RecordingReceiver,
) -> None:
    start_worker(**on_rabbitmq)
    start_beat(**on_rabbitmq)
    service_on_rabbitmq.open_ticket()
    receiver.wait_for(1)
    rabbitmq.kill()
    assert statistics.median(service_on_rabbitmq.post_times(20)) < MAX_MEDIAN_SECONDS
    wait_until(lambda: broker_health(service_on_rabbitmq) == (200, "error"), what="the truth")
    rabbitmq.start()
    receiver.wait_for(22)
    service_on_rabbitmq.open_ticket()
    receiver.wait_for(23)


def test_retries_go_on_after_a_restart_of_rabbitmq(
    service_on_rabbitmq: Gunicorn,
    rabbitmq: RabbitMQ,
    on_rabbitmq: dict[str, str],
    start_worker: Start,
    start_beat: Start,
    receiver: RecordingReceiver,
) -> None:
    receiver.reply = lambda number: Reply(500 if number % 2 else 200)  # the second attempts are beat's doing
    start_worker(**on_rabbitmq)
    start_beat(**on_rabbitmq)
    service_on_rabbitmq.open_ticket()
    receiver.wait_for(2)
    rabbitmq.stop()
    rabbitmq.start()
    service_on_rabbitmq.open_ticket()
    receiver.wait_for(4)
