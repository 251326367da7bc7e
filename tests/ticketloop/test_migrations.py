"""While a new version is rolled out the old one goes on working with the migrated database, and nobody waits for it."""

from django_migration_linter import MigrationLinter

from tests.processes import ROOT

OURS = ["access", "contacts", "tickets", "webhooks"]


def test_no_migration_breaks_the_version_before_or_holds_it_up(database: None) -> None:
    linter = MigrationLinter(
        str(ROOT),
        include_apps=OURS,
        all_warnings_as_errors=True,
        no_cache=True,
    )
    linter.lint_all_migrations()  # prints what is wrong
    assert linter.nb_valid >= len(OURS)
    assert not linter.has_errors
