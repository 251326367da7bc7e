"""The API's processes run on a processor each, as Python runs one of a process's threads at a time."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import Gunicorn as Service
from tests.processes import wait_until
from ticketloop.web import affinity

PROCESSORS = sorted(os.sched_getaffinity(0))
SHARES = st.floats(0, 1)


def workers(service: Service) -> list[psutil.Process]:
    return psutil.Process(service.process.pid).children()


def homes(service: Service) -> list[set[int]]:
    """For each of its processes where its threads may run."""
    return [
        {processor for task in os.listdir(f"/proc/{each.pid}/task") for processor in os.sched_getaffinity(int(task))}
        for each in workers(service)
    ]


def have_one_each(service: Service) -> bool:
    return sorted(map(list, homes(service))) == [[each] for each in PROCESSORS]


def test_workers_share_no_processor(start_service: Callable[..., Service], database: None) -> None:
    service = start_service(WEB_CONCURRENCY=str(len(PROCESSORS)))
    wait_until(lambda: have_one_each(service), what="a processor for each")
    service.stop()


def test_a_worker_that_follows_one_takes_its_processor(start_service: Callable[..., Service], database: None) -> None:
    service = start_service(WEB_CONCURRENCY=str(len(PROCESSORS)))
    first = workers(service)[0]
    first.kill()
    wait_until(lambda: first not in workers(service), what="the end of a worker")
    wait_until(lambda: have_one_each(service), what="a processor for each")
    service.stop()


def test_more_workers_than_processors_are_left_to_the_kernel(
    start_service: Callable[..., Service], database: None
) -> None:
    service = start_service(WEB_CONCURRENCY=str(len(PROCESSORS) + 1))
    wait_until(lambda: len(workers(service)) == len(PROCESSORS) + 1, what="all workers")
    assert service.request("GET", "/health").ok
    assert homes(service) == [set(PROCESSORS)] * (len(PROCESSORS) + 1)
    service.stop()


@pytest.fixture
def anywhere() -> Iterator[None]:
    """This process may run anywhere again afterwards."""
    yield
    for task in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(task), PROCESSORS)


def test_a_worker_without_one_takes_the_first_that_is_left(anywhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # So it is after a reload: gunicorn starts the new workers before the old ones end.
    monkeypatch.setattr(affinity, "REVIEW", 0.0)
    homes = memoryview(bytearray(4 * (len(PROCESSORS) + 1))).cast("i")
    for place, processor in enumerate([*PROCESSORS, affinity.NOWHERE]):
        homes[place] = processor
    home = affinity.Home(homes, len(PROCESSORS), len(PROCESSORS))
    home.review()
    assert homes[len(PROCESSORS)] == affinity.NOWHERE
    homes[0] = affinity.NOWHERE
    home.review()
    assert homes[len(PROCESSORS)] == PROCESSORS[0]
    assert os.sched_getaffinity(0) == {PROCESSORS[0]}


@pytest.mark.skipif(len(PROCESSORS) < 2, reason="there is nowhere to go")
def test_of_two_that_took_the_same_one_moves(anywhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affinity, "REVIEW", 0.0)
    homes = memoryview(bytearray(8)).cast("i")
    homes[0] = homes[1] = affinity.NOWHERE
    affinity.Home(homes, 0, 2)
    os.sched_setaffinity(0, PROCESSORS)
    other = affinity.Home(homes, 1, 2)
    homes[1] = homes[0]
    other.review()
    assert homes[0] != homes[1]


@pytest.mark.skipif(len(PROCESSORS) < 2, reason="there is nowhere to go")
@pytest.mark.parametrize("crowded", [True, False])
def test_a_worker_leaves_a_processor_that_strangers_crowd(
    crowded: bool, anywhere: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of what the kernel counts only the processors' times are made up.
    monkeypatch.setattr(affinity, "REVIEW", 0.0)
    home = affinity.Home(places := memoryview(bytearray(4)).cast("i"), 0, 1)
    first = places[0]
    later = {each: "0 0 0 0 0" if each == first and crowded else f"0 0 0 {10**12} 0" for each in PROCESSORS}
    stat = "".join(f"cpu{each} {times} 0 0 0 0 0\n" for each, times in later.items())
    with patch.object(Path, "read_text", return_value=stat):
        home.review()
    assert (places[0] != first) == crowded
    assert os.sched_getaffinity(0) == {places[0]}


@given(processor=st.sampled_from([0, 1]), used=SHARES, idle=st.fixed_dictionaries({0: SHARES, 1: SHARES}))
def test_nobody_leaves_a_processor_to_themselves_or_for_a_busy_one(
    processor: int, used: float, idle: dict[int, float]
) -> None:
    found = affinity.better(processor, used, idle)
    assert all(idle[each] > max(0.5, used + idle[processor]) for each in found)
    assert processor not in found
    if used + idle[processor] >= 1:
        assert not found
