"""The migration operations for native enum types, run as a migration runs them."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter

from core.enum_operations import AddEnumValue, CreateEnum

STATE = ProjectState()


def forwards(operation: Operation) -> None:
    with connection.schema_editor() as editor:
        operation.database_forwards("tickets", editor, STATE, STATE)


def backwards(operation: Operation) -> None:
    with connection.schema_editor() as editor:
        operation.database_backwards("tickets", editor, STATE, STATE)


def labels() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT enumlabel FROM pg_enum WHERE enumtypid = to_regtype('mood') ORDER BY enumsortorder")
        return [label for (label,) in cursor.fetchall()]


@pytest.fixture
def mood(database: None) -> Iterator[None]:
    forwards(CreateEnum("mood", ["calm", "it's loud"]))
    yield
    backwards(CreateEnum("mood", []))
    assert labels() == []


@pytest.mark.parametrize(
    ("before", "expected"),
    [(None, ["calm", "it's loud", "o'clock"]), ("it's loud", ["calm", "o'clock", "it's loud"])],
)
def test_a_label_is_added_where_it_belongs(mood: None, before: str | None, expected: list[str]) -> None:
    forwards(AddEnumValue("mood", "o'clock", before))
    assert labels() == expected


def test_reversing_leaves_the_label_and_adding_it_again_changes_nothing(mood: None) -> None:
    added = AddEnumValue("mood", "new")
    forwards(added)
    backwards(added)
    assert labels() == ["calm", "it's loud", "new"]
    forwards(added)
    assert labels() == ["calm", "it's loud", "new"]


def test_it_is_written_into_migrations() -> None:
    added = AddEnumValue("mood", "new", before="calm")
    assert added.deconstruct() == ("AddEnumValue", ("mood", "new"), {"before": "calm"})
    assert "AddEnumValue" in MigrationWriter.serialize(added)[0]
    assert added.describe() == "Add new to enum type mood"
