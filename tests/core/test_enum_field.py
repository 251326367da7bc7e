"""The status column is of the PostgreSQL enum type `ticket_status`, and Django works with it like with text."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import F
from django.utils import timezone

from contacts.models import Contact
from core.enum_field import EnumField
from core.enum_operations import CreateEnum
from tests.processes import ROOT
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets() -> list[Ticket]:
    contact = Contact.objects.create(full_name="Ada", email="ada@example.com")
    return [Ticket.objects.create(contact=contact, issue_description=str(number)) for number in range(3)]


def test_the_column_has_the_enum_type() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT udt_name FROM information_schema.columns WHERE table_name = 'tickets' AND column_name = 'status'"
        )
        assert cursor.fetchone() == ("ticket_status",)
        cursor.execute("SELECT enum_range(NULL::ticket_status)::text[]")
        assert cursor.fetchone() == (["open", "resolved"],)


def test_the_database_refuses_a_third_value(tickets: list[Ticket]) -> None:
    with pytest.raises(DataError, match="ticket_status"), connection.cursor() as cursor:
        cursor.execute("UPDATE tickets SET status = 'closed'")


def test_lookups_work(tickets: list[Ticket]) -> None:
    Ticket.objects.filter(pk=tickets[0].pk).update(status="resolved", resolved_at=timezone.now())
    assert Ticket.objects.filter(status="resolved").count() == 1
    assert Ticket.objects.filter(status__in=["open", "resolved"]).count() == 3
    assert Ticket.objects.filter(status__icontains="SOLV").count() == 1
    assert Ticket.objects.filter(status=F("status")).count() == 3
    assert Ticket.objects.exclude(status="open").get() == tickets[0]
    assert Ticket.objects.order_by("-status", "id").first() == tickets[0]
    assert set(Ticket.objects.values_list("status", flat=True).distinct()) == {"open", "resolved"}


def test_bulk_update_works(tickets: list[Ticket]) -> None:
    for ticket in tickets:
        ticket.status, ticket.resolved_at = "resolved", timezone.now()
    assert Ticket.objects.bulk_update(tickets, ["status", "resolved_at"]) == 3
    assert Ticket.objects.filter(status="resolved").count() == 3


def test_an_unknown_label_is_refused_before_the_database_is_asked(tickets: list[Ticket]) -> None:
    with pytest.raises(ValueError, match="'closed' is not one of open, resolved"):
        Ticket.objects.filter(status="closed").exists()
    tickets[0].status = "closed"
    with pytest.raises(ValidationError):
        tickets[0].full_clean()
    with pytest.raises(ValueError, match="closed"):
        tickets[0].save()


@pytest.mark.parametrize("values", [{"status": "resolved"}, {"resolved_at": timezone.now()}])
def test_status_and_time_of_resolution_belong_together(tickets: list[Ticket], values: dict[str, object]) -> None:
    with pytest.raises(IntegrityError, match="tickets_resolved_at_matches_status"), transaction.atomic():
        Ticket.objects.update(**values)


def test_field_and_operation_survive_the_migration_writer() -> None:
    field: models.Field[str, str] = EnumField(enum_type="mood", choices=[("a", "A")])
    _, path, arguments, options = field.deconstruct()
    assert path == "core.enum_field.EnumField"
    assert EnumField(*arguments, **options).deconstruct()[3] == options
    written, _ = MigrationWriter.serialize(CreateEnum("mood", ["a", "b"]))
    assert "CreateEnum" in written
    assert CreateEnum("mood", ["a", "b"]).describe() == "Create enum type mood (a, b)"


@pytest.fixture
def scratch_url(database_url: str) -> Iterator[str]:
    """A separate database, to migrate back and forth."""
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE scratch")
        yield database_url.rsplit("/", 1)[0] + "/scratch"
        admin.execute("DROP DATABASE scratch WITH (FORCE)")


@pytest.mark.slow
def test_migrations_go_to_zero_and_back(scratch_url: str) -> None:
    def migrate(*target: str) -> list[tuple[str]]:
        command = [sys.executable, "manage.py", "migrate", "-v0", *target]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "DATABASE_URL": scratch_url}, check=True)
        with psycopg.connect(scratch_url) as database:
            return database.execute("SELECT typname FROM pg_type WHERE typname = 'ticket_status'").fetchall()

    assert migrate() == [("ticket_status",)]
    assert migrate("tickets", "zero") == []
    assert migrate() == [("ticket_status",)]
