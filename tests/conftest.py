"""Fixtures: the running service, its worker, a receiver; every test starts with empty tables."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from tests.processes import Process, Service
from tests.receiver import RecordingReceiver
from webhooks.models import EventType, Receiver


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """The suite's database, migrated; made whatever tests are chosen, as most speak to it through processes."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def database_url(django_db_setup: None, django_db_blocker: Any) -> str:
    """Where the processes under test find the suite's test database."""
    values = settings.DATABASES["default"]
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


# What migrations put there stays: the roles, and content types, whose ids the running service remembers.
KEPT = {"django_migrations", "django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


@pytest.fixture
def database(database_url: str, django_db_blocker: Any) -> Iterator[None]:
    """Database access for the test and the processes it talks to; every table is emptied afterwards."""
    with django_db_blocker.unblock():
        yield
        tables = set(connection.introspection.table_names()) - KEPT
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(sorted(tables))}")
        connection.close()


@pytest.fixture(scope="session")
def start_service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Service]]:
    """Starts the API with the given environment; it runs to the end of the session."""
    services: list[Service] = []

    def start(**environment: str) -> Service:
        log = tmp_path_factory.mktemp("service") / "web.log"
        services.append(Service(log, **{"DATABASE_URL": database_url, **environment}))
        return services[-1]

    yield start
    for service in services:
        service.stop()


@pytest.fixture(scope="session")
def running_service(start_service: Callable[..., Service]) -> Service:
    return start_service()


@pytest.fixture
def service(running_service: Service, database: None) -> Service:
    """The API with `API_ACCESS=open`, on empty tables."""
    return running_service


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
        process.kill()  # Celery's own way takes two seconds


@pytest.fixture
def start_worker(start_process: Callable[..., Process]) -> Callable[..., Process]:
    """Starts a Celery worker and returns once it takes tasks."""

    def start(concurrency: int = 2, **environment: str) -> Process:
        options = ("--pool", "prefork", "--concurrency", str(concurrency), "--loglevel", "info")
        worker = start_process("celery", "-A", "ticketloop", "worker", *options, **environment)
        worker.wait_for_output(" ready.")
        return worker

    return start


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
    Receiver.objects.create(url=recording.url, events=[EventType.TICKET_CREATED], timeout=2)
    yield recording
    recording.close()
