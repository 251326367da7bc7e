"""Every container of the Compose files has no more rights than it needs, nor has the service's role in PostgreSQL."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import conninfo

from local.postgres import BINARIES, EmbeddedPostgres, without_password
from tests.processes import ROOT

FILES = ["docker-compose.yml", "docker-compose.rabbitmq.yml"]
SERVICES = {
    (file, name): service
    for file in FILES
    for name, service in yaml.safe_load((ROOT / file).read_text())["services"].items()
    if "image" in service  # else it adds to a service of the first file
}
# What the entry point of the image needs until it has become another user.
ADDED = {"db": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}}
PASSWORD = """it's a "$HOME" \\ :'password' ÿ"""


@pytest.mark.parametrize(("file", "name"), SERVICES)
def test_a_container_is_hardened(file: str, name: str) -> None:
    service: dict[str, Any] = SERVICES[file, name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert set(service.get("cap_add", [])) == ADDED.get(name, set())
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all("size=" in each for each in service.get("tmpfs", []))


def test_all_containers_are_looked_at() -> None:
    assert {name for _, name in SERVICES} >= {"db", "redis", "rabbitmq", "proxy", "migrate", "api", "worker", "beat"}


def test_the_service_connects_as_the_role_that_the_script_makes() -> None:
    database, role = (SERVICES["docker-compose.yml", name] for name in ("db", "role"))
    assert set(database["environment"]) == {"POSTGRES_PASSWORD"}  # the superuser is the image's own, `postgres`
    assert {"postgres-socket:/run/postgresql", "./postgres/role.sql:/role.sql:ro"} == set(role["volumes"])
    assert role["network_mode"] == "none"
    urls = {name: each.get("environment", {}).get("DATABASE_URL") for (_, name), each in SERVICES.items()}
    connected = {name: url.partition("://")[2].partition(":")[0] for name, url in urls.items() if url}
    assert connected == dict.fromkeys(("migrate", "api", "worker", "beat"), "ticketloop")


@pytest.fixture
def initialised(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL in which the script has run, first with another password."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as postgres:
        target, password = without_password(postgres.superuser_url)
        psql = [str(BINARIES / "psql"), conninfo.make_conninfo(target, dbname="postgres"), "--no-psqlrc"]
        drop = ["-c", "DROP DATABASE ticketloop", "-c", "DROP ROLE ticketloop"]
        make = ["-f", "postgres/role.sql"]
        keep = ["-c", f"ALTER ROLE postgres PASSWORD '{password['PGPASSWORD']}'"]  # here, it comes by TCP once more
        for service_password, each in (("another", [*drop, *make, *keep]), (PASSWORD, make)):
            environment = {**os.environ, **password, "POSTGRES_PASSWORD": service_password}
            subprocess.run([*psql, "-v", "ON_ERROR_STOP=1", *each], cwd=ROOT, env=environment, check=True)
        yield postgres


def test_the_role_owns_its_database_and_is_no_superuser(initialised: EmbeddedPostgres) -> None:
    with psycopg.connect(initialised.superuser_url, user="ticketloop", password=PASSWORD) as service:
        service.execute("CREATE EXTENSION pg_trgm")  # all that migrations need beside tables and types
        service.execute("CREATE TYPE state AS ENUM ('on', 'off')")
        rights = service.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
    assert rights == (False,) * 5


def test_the_superuser_cannot_sign_in_over_the_network(initialised: EmbeddedPostgres) -> None:
    for url in (initialised.superuser_url, conninfo.make_conninfo(initialised.superuser_url, password=PASSWORD)):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url)
