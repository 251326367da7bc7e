"""Runs schemathesis against the running service and counts its cases."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.processes import ROOT
from tests.service import Service

OPERATIONS = {"getHealth", "listContacts", "getContact"} | {
    *("listTickets", "openTicket", "getTicket", "resolveTicket", "reopenTicket"),
}
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


class Tried(NamedTuple):
    """The number of requests to an operation with data of a mode (positive, negative) that got this status."""

    operation: str
    mode: str
    status: int
    times: int


def run_schemathesis(
    service: Service, api_key: str, folder: Path, *options: str, phases: Iterable[str], examples: int
) -> list[Tried]:
    """Runs these phases with every check, positive and negative data; fails with what schemathesis found.

    `examples` is the number of cases for each operation that the phase `fuzzing` makes, and of scenarios, each of
    several cases, that `stateful` does. What the other phases make is up to the document.
    """
    counts = folder / "tried.json"
    command = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIGURATION), "--no-color"),
        *("run", f"{service.url}/openapi.json", *options),
        *("--header", f"Authorization: Api-Key {api_key}"),
        *("--checks", "all", "--mode", "all", "--phases", ",".join(phases)),
        *("--max-examples", str(examples), "--continue-on-failure"),
    ]
    environment = {**os.environ, "SCHEMATHESIS_TRIED": str(counts)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return [Tried(*each) for each in json.loads(counts.read_text())]
