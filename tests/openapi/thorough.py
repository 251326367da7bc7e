"""`make schemathesis`: at least `CASES` cases for each operation, in CI beside the suite, which it would make slow.

Each operation is tried by a process of its own, as are all together in scenarios of several steps, so that both cores
are used. Whatever is found is repeated by the command that the report ends with.
"""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from tests.openapi.trials import OPERATIONS, Tried, run_schemathesis
from tests.service import Service

Recorder = Callable[[str, object], None]  # pytest's fixture `record_property`

CASES = int(os.environ["SCHEMATHESIS_CASES"])
SCENARIOS = CASES // 5
ROWS = 20
# Its document names no parameter and no body: there are few ways to ask.
WITHOUT_INPUT = {"getHealth"}
# The longest first, so that none is left over at the end.
SLOWEST_FIRST = ["openTicket", "listTickets", "listContacts"]


@pytest.fixture
def rows(database: None) -> None:
    """Contacts and tickets with ids from 1 on: generated ids are often small."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE contacts, tickets RESTART IDENTITY CASCADE")
        cursor.execute(
            "INSERT INTO contacts (full_name, email) SELECT 'Ada <' || n || '>', n || '@example.com' "
            "FROM generate_series(1, %s) AS n",
            [ROWS],
        )
        cursor.execute("INSERT INTO tickets (contact_id, issue_description) SELECT id, full_name FROM contacts")


@pytest.mark.parametrize("operation", sorted(OPERATIONS, key=lambda each: (each not in SLOWEST_FIRST, each)))
def test_operation(
    guarded: Service, api_key: str, rows: None, tmp_path: Path, operation: str, record_property: Recorder
) -> None:
    phases = ("examples", "coverage", "fuzzing")
    only = f"--include-operation-id={operation}"
    tried = run_schemathesis(guarded, api_key, tmp_path, only, phases=phases, examples=CASES)
    record_property("tried", _line(operation, tried))
    assert sum(each.times for each in tried) >= CASES or operation in WITHOUT_INPUT


def test_scenarios(guarded: Service, api_key: str, rows: None, tmp_path: Path, record_property: Recorder) -> None:
    tried = run_schemathesis(guarded, api_key, tmp_path, phases=("stateful",), examples=SCENARIOS)
    record_property("tried", _line("scenarios of all", tried))
    assert {each.operation for each in tried} == OPERATIONS - WITHOUT_INPUT


def _line(name: str, tried: list[Tried]) -> str:
    modes, statuses = Counter[str](), Counter[int]()
    for each in tried:
        modes[each.mode] += each.times
        statuses[each.status] += each.times
    answers = ", ".join(f"{status} × {count:,}" for status, count in sorted(statuses.items()))
    return f"{name:<18}{modes.total():>7,} cases, {modes['negative']:>6,} of them negative; answers: {answers}"
