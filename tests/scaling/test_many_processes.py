"""Several API and worker processes on one database and one broker do the work of one, and survive each other."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from threading import Event as Flag

import pytest
import requests

from access import keys
from access.scopes import Scope
from tests.processes import Process, wait_until
from tests.receiver import RecordingReceiver, Reply
from tests.service import WAIT_LIMIT, Service
from tickets.models import Ticket
from webhooks.models import Delivery, Receiver

Start = Callable[..., Process]
THREADS = 8


@pytest.fixture(scope="module")
def running_services(start_service: Callable[..., Service]) -> list[Service]:
    return [start_service(WEB_CONCURRENCY="1", THROTTLE_KEY="10/day") for _ in range(2)]


@pytest.fixture
def services(running_services: list[Service], database: None) -> list[Service]:
    """Two APIs that share everything but their processes, on empty tables."""
    return running_services


@pytest.fixture
def patient(receiver: RecordingReceiver) -> RecordingReceiver:
    """A receiver that may take so long that a slow machine is no reason to send twice."""
    Receiver.objects.update(timeout=30)
    return receiver


def open_tickets(services: Iterable[Service], count: int) -> set[int]:
    """Opens tickets by both in turns, several at once; returns their ids."""
    turns = itertools.islice(itertools.cycle(services), count)
    with ThreadPoolExecutor(THREADS) as pool:
        opened = list(pool.map(lambda service: service.open_ticket(), turns))
    assert {response.status_code for response in opened} == {201}
    return {response.json()["id"] for response in opened}


def test_every_ticket_arrives_once_from_two_apis_two_workers_and_even_two_beats(
    services: list[Service], start_worker: Start, start_beat: Start, patient: RecordingReceiver
) -> None:
    for _ in range(2):
        start_beat()
        start_worker(concurrency=1)
    ids = open_tickets(services, 200)
    assert len(ids) == 200
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 200, what="200 deliveries")
    assert Counter(Delivery.objects.values_list("attempts_made", flat=True)) == {1: 200}
    assert len({each.headers["webhook-id"] for each in patient.arrivals}) == len(patient.arrivals) == 200


def test_a_key_raced_at_both_opens_one_ticket(services: list[Service]) -> None:
    ticket = {"full_name": "Ada Lovelace", "email": "ada@example.com", "issue_description": "It is broken."}
    start = Barrier(THREADS)

    def race(number: int) -> list[requests.Response]:
        service = services[number % 2]
        answers = []
        for key in range(20):
            start.wait(WAIT_LIMIT)
            headers = {"Idempotency-Key": f"key-{key}"}
            answers.append(service.request("POST", "/api/v1/tickets", json=ticket, headers=headers))
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        by_key = zip(*pool.map(race, range(THREADS)), strict=True)
    for answers in by_key:
        assert {response.status_code for response in answers} <= {201, 409}
        opened = [response for response in answers if response.status_code == 201]
        assert [response.headers.get("Idempotent-Replayed") for response in opened].count(None) == 1
        assert len({response.content for response in opened}) == 1
    assert Ticket.objects.count() == 20


def test_both_count_against_one_limit(services: list[Service]) -> None:
    _, text = keys.create("two of each", [Scope.READ])
    headers = {"Authorization": f"Api-Key {text}"}
    turns = itertools.islice(itertools.cycle(services), 12)
    statuses = [service.request("GET", "/api/v1/contacts", headers=headers).status_code for service in turns]
    assert statuses == [200] * 10 + [429] * 2


def test_a_worker_is_killed_and_the_other_goes_on(
    services: list[Service], start_worker: Start, start_beat: Start, patient: RecordingReceiver
) -> None:
    release = Flag()
    patient.reply = lambda number: Reply(hold=release if number == 1 else None)
    start_beat()
    doomed = start_worker(concurrency=1)
    open_tickets(services, 1)
    patient.wait_for(1)
    start_worker(concurrency=1)
    doomed.kill()
    open_tickets(services, 50)
    wait_until(lambda: Delivery.objects.filter(state="delivered").count() == 50, what="50 deliveries")
    release.set()
