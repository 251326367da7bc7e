"""PostgreSQL and Valkey of the suite, started before Django loads its settings."""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from local.postgres import ROLE, EmbeddedPostgres
from local.valkey import EmbeddedValkey

ROOM = 2**31  # bytes; a run needs less than half of it


def folder_in_memory() -> str | None:
    """A folder in memory (tmpfs), if it has room; None for the default place."""
    memory = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made in it
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else None


FOLDER = Path(tempfile.mkdtemp(prefix="ticketloop-tests-", dir=folder_in_memory()))
POSTGRES = EmbeddedPostgres(FOLDER / "postgres", durable=False)
VALKEY = EmbeddedValkey(FOLDER / "valkey")
# The developer's own settings of the service must not reach the tests.
OWN_VARIABLES = [
    *("SECRET_KEY", "DEBUG", "HTTPS_ONLY", "HSTS_SUBDOMAINS", "ALLOWED_HOSTS", "API_ACCESS", "LOG_LEVEL"),
    "CSRF_TRUSTED_ORIGINS",
    *("DATABASE_URL", "DATABASE_POOL_SIZE", "DATABASE_TIME_LIMITS", "REDIS_URL", "BROKER_URL", "PREPARED_STATEMENTS"),
    *("WEBHOOK_URL", "WEBHOOK_SECRET", "WEBHOOK_TIMEOUT", "WEBHOOK_CA_BUNDLE", "SSL_CERT_FILE"),
    *("WEBHOOK_ALLOWED_NETWORKS", "WEBHOOK_RETENTION_DAYS", "ENCRYPTION_KEYS", "EMAIL_URL", "EMAIL_FROM"),
    *("WEB_CONCURRENCY", "THROTTLE_ADDRESS", "THROTTLE_KEY", "TRUSTED_PROXY_COUNT"),
    *("CORS_ALLOWED_ORIGINS", "METRICS_TOKEN", "LOG_FORMAT"),
    *("ADMIN_USERNAME", "ADMIN_PASSWORD", "ADMIN_EMAIL", "HOST", "PORT", "DATA_DIR"),
]
NOWHERE = {"DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Starts the servers before pytest-django loads the settings, in a process that will run tests."""
    for name in OWN_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(
        SECRET_KEY="insecure-for-tests-only-0123456789-0123456789-0123456789",
        HTTPS_ONLY="off",
        API_ACCESS="open",
        WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8",
        **(start() if runs_tests(early_config) else NOWHERE),
    )
    return (yield)


def runs_tests(config: pytest.Config) -> bool:
    """False for `--collect-only`, and in the controller of pytest-xdist (`-n`)."""
    options = config.known_args_namespace
    return not options.collectonly and ("PYTEST_XDIST_WORKER" in os.environ or not options.numprocesses)


def start() -> dict[str, str]:
    """Starts the servers; returns their environment variables."""
    POSTGRES.start()
    VALKEY.start()
    with psycopg.connect(POSTGRES.superuser_url, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {ROLE} CREATEDB")  # the suite's database, and some beside it
        connection.execute(f"GRANT SET ON PARAMETER session_replication_role TO {ROLE}")  # to empty the tables
    return {"DATABASE_URL": POSTGRES.url, "REDIS_URL": VALKEY.url}


def pytest_unconfigure() -> None:
    """Stops the servers and removes their data."""
    VALKEY.stop()
    POSTGRES.stop()
    shutil.rmtree(FOLDER, ignore_errors=True)
