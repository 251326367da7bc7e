"""Load by `wrk`, and what it costs the servers."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

SCRIPT = Path(__file__).with_name("wrk.lua")
CONNECTIONS = 16
SAMPLE = 0.25  # seconds between two looks at the memory


@dataclass(frozen=True)
class Measurement:
    """Of one round: times in milliseconds, processor time for each request in milliseconds, memory in megabytes."""

    rate: float
    p50: float
    p99: float
    failed: int
    cpu: float
    postgres_cpu: float
    memory: float


def load(url: str, mode: str, ids: range, seconds: float, server: int, postgres: int) -> Measurement:
    """One round of `mode` (see wrk.lua) with 16 connections; `server` and `postgres` are the pids whose process trees
    are measured."""
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing: `apt-get install wrk` (the Debian package) brings it")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", str(SCRIPT), url]
    with Meter(server) as meter, Meter(postgres) as database:
        result = subprocess.run(
            [*command, "--", mode, str(ids.start), str(ids.stop - 1)], capture_output=True, text=True, check=True
        )
    line = next(line for line in result.stdout.splitlines() if line.startswith("RESULT "))
    values = json.loads(line.removeprefix("RESULT "))
    return Measurement(
        rate=values["requests"] / values["seconds"],
        p50=values["p50"],
        p99=values["p99"],
        failed=values["failed"],
        cpu=meter.cpu * 1000 / max(values["requests"], 1),
        postgres_cpu=database.cpu * 1000 / max(values["requests"], 1),
        memory=meter.memory,
    )


class Meter:
    """`with Meter(pid) as meter:` then `meter.cpu` (seconds) and `meter.memory` (peak, megabytes) of its tree.

    Memory is the proportional share (PSS): what forked processes share counts once.
    """

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.cpu = self.memory = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Meter":
        self._before = self._cpu()
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._ended.set()
        self._thread.join()
        self.cpu = self._cpu() - self._before

    def _watch(self) -> None:
        while True:
            self.memory = max(self.memory, sum(_memory(each) for each in self._tree()))
            if self._ended.wait(SAMPLE):
                return

    def _tree(self) -> Iterable[psutil.Process]:
        return [self.root, *self.root.children(recursive=True)]

    def _cpu(self) -> float:
        return sum(times.user + times.system for times in (each.cpu_times() for each in self._tree()))


def _memory(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(process.memory_full_info().pss) / 1e6
    return 0.0
