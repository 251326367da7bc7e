"""Keeps each worker process on a processor of its own.

Python runs one thread of a process at a time. The kernel, which does not know that, wakes each on whatever processor
is free: there its caches are cold, and there it waits for the thread before it. That takes a fifth of a request.

Linux only; elsewhere, and where there are more workers than processors, the kernel's choice stands.
"""

import os
import random
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic, process_time
from typing import NamedTuple

REVIEW = 1.0  # seconds between two looks at whether another processor would be better
CROWDED = 0.3  # of a processor's time that others take
FREE = 0.5  # of a processor's time that nobody takes
NOWHERE = -1


class Home:
    """Where a worker runs: on a processor that no other worker has, until strangers crowd it and another is free."""

    def __init__(self, homes: memoryview, place: int, workers: int) -> None:
        """`homes`, shared by the workers, says where each lives; this one's place in it is `place`."""
        self._homes, self._place = homes, place
        processors = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        self._processors = processors if workers <= len(processors) else set()
        free = self._processors - self._others()
        if free:
            self._move(min(free, key=lambda processor: (_place_in_core(processor), processor)))
        self._looked = _look()

    def review(self) -> None:
        """Moves, where that is better; called now and then."""
        before, here = self._looked, self._homes[self._place]
        if not self._processors or monotonic() - before.time < REVIEW:
            return
        self._looked = after = _look()
        found = self._processors - self._others()
        # Without one, as the worker before it had not ended yet, or with another's, who chose at the same moment?
        if here != NOWHERE and here not in self._homes[: self._place]:
            passed = after.time - before.time
            idle = {each: (seconds - before.idle.get(each, seconds)) / passed for each, seconds in after.idle.items()}
            found &= better(here, (after.used - before.used) / passed, idle)
        if found:
            self._move(random.choice(sorted(found)))  # noqa: S311 - any, so that not all go to the same

    def _others(self) -> set[int]:
        return {home for place, home in enumerate(self._homes) if place != self._place}

    def _move(self, processor: int) -> None:
        self._homes[self._place] = processor
        for thread in os.listdir("/proc/self/task"):
            with suppress(OSError):  # the thread has ended, or the processor is not ours any more
                os.sched_setaffinity(int(thread), {processor})


def better(processor: int, used: float, idle: Mapping[int, float]) -> set[int]:
    """Which processors suit a process better than the one where it is, and that it uses for a share of the time.

    `idle` says for what share of the time each has nothing to do.
    """
    here = idle.get(processor, 0) + used  # of its time, what this process could have
    return {each for each, share in idle.items() if share > max(FREE, here)} if 1 - here > CROWDED else set()


def _place_in_core(processor: int) -> int:
    """0 for the first of a core, and more for those that share what it can do."""
    with suppress(OSError, ValueError):
        siblings = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list").read_text()
        return [int(number) for number in re.findall("[0-9]+", siblings)].index(processor)
    return 0


class _Look(NamedTuple):
    """The time, for how long this process has run until then, and each processor had nothing to do; in seconds."""

    time: float
    used: float
    idle: dict[int, float]


def _look() -> _Look:
    lines: list[tuple[str, str]] = []
    with suppress(OSError):
        lines = re.findall(r"^cpu(\d+) (.+)$", Path("/proc/stat").read_text(), re.MULTILINE)  # proc_stat(5)
    tick = os.sysconf("SC_CLK_TCK")
    idle = {int(name): sum(map(int, rest.split()[3:5])) / tick for name, rest in lines}
    return _Look(monotonic(), process_time(), idle)
