"""Schemathesis, with every check that it has, finds nothing between the document and the running service.

This is a short run; `make schemathesis` sets SCHEMATHESIS_EXAMPLES, the cases for each operation, and runs the phase
"coverage" besides, which tries the boundaries of every schema one by one.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT, Service

FEW = 20
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def test_schemathesis_finds_nothing(guarded: Service, api_key: str) -> None:
    many = os.environ.get("SCHEMATHESIS_EXAMPLES")
    phases = ["examples", "fuzzing", "stateful", *(["coverage"] if many else [])]
    command = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIGURATION), "--no-color"),
        *("run", f"{guarded.url}/openapi.json"),
        *("--header", f"Authorization: Api-Key {api_key}"),
        *("--checks", "all", "--mode", "all", "--phases", ",".join(phases)),
        *("--max-examples", many or str(FEW), "--continue-on-failure"),
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    print(run.stdout)  # noqa: T201 -- pytest shows it when the test fails, and with -s
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"Tested: 8\b", run.stdout)
