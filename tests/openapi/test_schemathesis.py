"""Schemathesis, with all its checks, finds no difference between the document and the running service.

This is a short run; `make schemathesis` is the thorough one (`thorough.py`).
"""

from pathlib import Path

from tests.openapi.trials import OPERATIONS, run_schemathesis
from tests.service import Service

PHASES = ("examples", "fuzzing", "stateful")


def test_schemathesis_finds_nothing(guarded: Service, api_key: str, tmp_path: Path) -> None:
    tried = run_schemathesis(guarded, api_key, tmp_path, phases=PHASES, examples=5)
    assert {each.operation for each in tried} == OPERATIONS
    assert {each.mode for each in tried} == {"positive", "negative"}
