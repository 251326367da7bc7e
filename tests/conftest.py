"""Fixtures: the service, its worker, a receiver. Every test starts with empty tables."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import setup_databases
from pytest_django import Settings

from access.models import BUILT_IN_ROLES
from core import request_id
from tests.in_process import InProcess
from tests.processes import Gunicorn, Process, Worker, wait_until
from tests.receiver import RecordingReceiver
from tests.service import Service
from webhooks.models import Delivery, EventType, Receiver

# Reproducible examples and no deadline, as in Hypothesis' own CI profile: a busy machine must fail no test.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


# Slow files run first, those that mostly wait beside those that compute, so that the processes of `make test` end
# together.
SLOWEST_FIRST = [
    "desk/test_accessibility.py",
    "webhooks/test_lanes.py",
    "webhooks/test_delivery.py",
    "chaos/test_chaos.py",
    "openapi/clients/test_generated_clients.py",
    "openapi/test_schemathesis.py",
    "desk/test_hostile_requests.py",
    "webhooks/test_hostile_answers.py",
    "webhooks/test_circuit_breaker.py",
    "desk/test_xss.py",
    "webhooks/test_delivery_crashes.py",
    "access/test_sign_in.py",
    "scaling/test_rabbitmq.py",
]


# Fixtures that start processes, which takes seconds: their users are not in the fast tier (`make test-fast`).
SLOW_FIXTURES = {"start_service", "start_process", "start_worker", "worker", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    place = {Path(__file__).parent / name: number for number, name in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


# Restores SIGINT: a shell ignores it for background jobs, and the processes of the tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> None:
    """The suite's database, migrated; made whatever tests are chosen, as most speak to it through processes.

    It is not dropped: it goes with its server.
    """
    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False)


@pytest.fixture(scope="session")
def database_url(django_db_setup: None, django_db_blocker: Any) -> str:
    """Where the processes under test find the suite's test database."""
    values = settings.DATABASES["default"]
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


# What migrations put there stays: the roles, and content types, whose ids the running service remembers.
KEPT = {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


class SharedWorker:
    """A Celery worker that lives on from a test that asks for one to the next, as starting one takes seconds."""

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self._worker: Worker | None = None

    def running(self) -> Worker:
        if self._worker is None or self._worker.process.poll() is not None:
            self._worker = self._start()
        return self._worker

    def end(self) -> None:
        """So that it takes nothing from a test that asked for no worker, or starts one of its own."""
        if self._worker is not None:
            self._worker.kill()
            self._worker = None


@pytest.fixture(scope="session")
def shared_worker(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedWorker]:
    shared = SharedWorker(lambda: Worker(tmp_path_factory.mktemp("worker") / "worker.log", DATABASE_URL=database_url))
    yield shared
    shared.end()


@pytest.fixture(autouse=True)
def outside_of_a_request() -> None:
    """An earlier test's request was perhaps answered in this process, and its id stays with the thread."""
    request_id.current.set("")


@pytest.fixture
def fast_password_hasher(settings: Settings) -> None:
    """Real password hashes take half a second, by design."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def database(
    request: pytest.FixtureRequest, database_url: str, shared_worker: SharedWorker, django_db_blocker: Any
) -> Iterator[None]:
    """Database access for the test and the processes it talks to; tables and cache are emptied afterwards."""
    if "worker" not in request.fixturenames:
        shared_worker.end()
    with django_db_blocker.unblock():
        yield
        empty_tables()
        cache.clear()
        connection.close()


def empty_tables() -> None:
    """Deletes every row, once nobody is writing any more. TRUNCATE would make a new file for each table and index."""
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    try:
        delete_all_rows(tables)
    except OperationalError:  # a deadlock with a last writer, who has gone first now
        delete_all_rows(tables)


def delete_all_rows(tables: list[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no foreign key is looked after
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
        cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))
        own = "SELECT id FROM auth_group WHERE name <> ALL (%s)"  # roles that a test has made
        for table, column in (("auth_group_permissions", "group_id"), ("auth_group", "id")):
            cursor.execute(f"DELETE FROM {table} WHERE {column} IN ({own})", [list(BUILT_IN_ROLES)])


@pytest.fixture
def worker(shared_worker: SharedWorker, database: None) -> Iterator[Worker]:
    """A Celery worker, which is at rest again before the tables are emptied."""
    yield shared_worker.running()
    sending = Delivery.objects.filter(leased_until__gt=Now())
    wait_until(lambda: not sending.exists(), what="the end of what the worker is sending")


@pytest.fixture(scope="session")
def in_process() -> Service:
    return InProcess()


@pytest.fixture
def service(in_process: Service, database: None) -> Service:
    """The service with `API_ACCESS=open`, in the test's own process, on empty tables.

    Modules and folders whose tests need a real server put `gunicorn` in its place.
    """
    return in_process


@pytest.fixture(scope="session")
def start_service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Gunicorn]]:
    """Starts the API with the given environment; it runs to the end of the session."""
    services: list[Gunicorn] = []

    def start(**environment: str) -> Gunicorn:
        log = tmp_path_factory.mktemp("service") / "web.log"
        services.append(Gunicorn(log, **{"DATABASE_URL": database_url, **environment}))
        return services[-1]

    yield start
    for service in services:
        service.ask_to_end()
    for service in services:
        service.stop()


@pytest.fixture(scope="session")
def running_gunicorn(start_service: Callable[..., Gunicorn]) -> Gunicorn:
    return start_service()


@pytest.fixture
def gunicorn(running_gunicorn: Gunicorn, database: None) -> Gunicorn:
    """The service with `API_ACCESS=open`, served by processes as an operator runs it, on empty tables."""
    return running_gunicorn


@pytest.fixture
def start_process(database_url: str, database: None, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts any of the service's Python modules; it is killed at the end of the test."""
    processes: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        log = tmp_path / f"{len(processes)}-{arguments[0]}.log"
        processes.append(Process(log, *arguments, **{"DATABASE_URL": database_url, **environment}))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


@pytest.fixture
def start_worker(database_url: str, database: None, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Starts a Celery worker of the test's own, to be stopped or configured, and returns once it takes tasks."""
    workers: list[Worker] = []

    def start(concurrency: int | None = None, **environment: str) -> Worker:
        log = tmp_path / f"worker-{len(workers)}.log"
        workers.append(Worker(log, concurrency, **{"DATABASE_URL": database_url, **environment}))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()  # Celery's own way takes two seconds


@pytest.fixture
def start_beat(start_process: Callable[..., Process], tmp_path: Path) -> Callable[..., Process]:
    """Starts Celery beat, which ticks every second."""

    def start(**environment: str) -> Process:
        return start_process("celery", "-A", "ticketloop", "beat", "-s", str(tmp_path / "beat"), **environment)

    return start


@pytest.fixture
def receiver(database: None) -> Iterator[RecordingReceiver]:
    """A receiver of `ticket.created` that answers 200 unless told otherwise, known to the service."""
    recording = RecordingReceiver()
    Receiver.objects.create(url=recording.url, events=[EventType.TICKET_CREATED], timeout=30)
    yield recording
    recording.close()
