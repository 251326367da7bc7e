"""Migration operations for native PostgreSQL enum types, modelled on Django's `CreateCollation`."""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class CreateEnum(Operation):
    """Creates the enum type `name` with `labels` in their sort order. Reversing it drops the type."""

    reversible = True

    def __init__(self, name: str, labels: Sequence[str]) -> None:
        self.name = name
        self.labels = list(labels)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: types are not part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        labels = ", ".join(schema_editor.quote_value(label) for label in self.labels)
        schema_editor.execute(f"CREATE TYPE {schema_editor.quote_name(self.name)} AS ENUM ({labels})", params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        schema_editor.execute(f"DROP TYPE {schema_editor.quote_name(self.name)}", params=None)

    def describe(self) -> str:
        return f"Create enum type {self.name} ({', '.join(self.labels)})"

    @property
    def migration_name_fragment(self) -> str:
        return f"create_{self.name.lower()}_enum"


class AddEnumValue(Operation):
    """Adds a label to the enum type `name`, at the end or before the label `before`.

    Needs a migration of its own: PostgreSQL accepts a new label only after the transaction that added it is committed.
    Reversing it keeps the label, as PostgreSQL cannot drop one; applying it again is harmless.
    """

    reversible = True

    def __init__(self, name: str, label: str, before: str | None = None) -> None:
        self.name = name
        self.label = label
        self.before = before

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: types are not part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        position = f" BEFORE {schema_editor.quote_value(self.before)}" if self.before else ""
        label = schema_editor.quote_value(self.label)
        schema_editor.execute(
            f"ALTER TYPE {schema_editor.quote_name(self.name)} ADD VALUE IF NOT EXISTS {label}{position}", params=None
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Nothing: rows may use the label."""

    def describe(self) -> str:
        return f"Add {self.label} to enum type {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        return f"add_{self.label.lower()}_to_{self.name.lower()}"
