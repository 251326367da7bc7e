"""What several threads want at about the same moment is done in one call, whatever becomes of it."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep

import pytest

from core import batching
from core.batching import Batcher, BatchLostError

THREADS, TURNS = 6, 20
MOMENT = 0.002  # seconds between an answer and the next request, while other threads run
Item = tuple[int, int]  # a thread's number, and which of its turns


class RefusedError(Exception):
    """Of an item; or of all, unless nothing was done."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the threads wait for each other."""
    monkeypatch.setattr(batching, "SOON", 0.5)


class Work:
    """What is called, and with what it was."""

    def __init__(self, refused: Callable[[Item], bool] = lambda item: False) -> None:
        self.calls: list[Sequence[Item]] = []
        self.done: Counter[Item] = Counter()
        self.refused = refused

    def __call__(self, items: Sequence[Item]) -> Sequence[str]:
        self.calls.append(items)
        if any(map(self.refused, items)):
            raise RefusedError
        self.done.update(items)
        return [f"{thread} {turn}" for thread, turn in items]

    @property
    def shared(self) -> bool:
        return max(map(len, self.calls)) > 1


def run(batcher: Batcher[Item, str]) -> dict[Item, str | type[Exception]]:
    """What each thread got in each of its turns."""

    def attempt(item: Item) -> str | type[Exception]:
        sleep(MOMENT)
        try:
            return batcher(item)
        except Exception as error:
            return type(error)

    start = Barrier(THREADS)

    def work(thread: int) -> dict[Item, str | type[Exception]]:
        start.wait()
        return {(thread, turn): attempt((thread, turn)) for turn in range(TURNS)}

    with ThreadPoolExecutor(THREADS) as pool:
        return {item: got for each in pool.map(work, range(THREADS)) for item, got in each.items()}


def test_each_gets_what_it_asked_for_and_nothing_is_done_twice() -> None:
    work = Work()
    got = run(Batcher(work, lambda error: True))
    assert got == {(thread, turn): f"{thread} {turn}" for thread in range(THREADS) for turn in range(TURNS)}
    assert set(work.done.values()) == {1}
    assert work.shared


def test_what_is_refused_for_one_is_done_for_the_others() -> None:
    work = Work(refused=lambda item: item[0] == 0)
    got = run(Batcher(work, lambda error: isinstance(error, RefusedError)))
    assert got == {
        (thread, turn): f"{thread} {turn}" if thread else RefusedError
        for thread in range(THREADS)
        for turn in range(TURNS)
    }
    assert set(work.done.values()) == {1}
    assert work.shared


def impossible(error: Exception) -> bool:
    raise LookupError


@pytest.mark.parametrize("is_undone", [lambda error: False, impossible])
def test_where_it_is_not_known_what_was_done_nothing_is_tried_again(is_undone: Callable[[Exception], bool]) -> None:
    work = Work(refused=lambda item: item[0] == 0)
    got = run(Batcher(work, is_undone))
    failed = [got[item] for item in got if not isinstance(got[item], str)]
    assert set(failed) <= {RefusedError, BatchLostError, LookupError}
    assert BatchLostError in failed
    assert sum(map(len, work.calls)) == THREADS * TURNS
    assert all(work.done[item] == 1 for item in got if got[item] == f"{item[0]} {item[1]}")
    assert len(failed) + sum(work.done.values()) == THREADS * TURNS


def test_one_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "SOON", 3600.0)
    batcher = Batcher[Item, str](Work(), lambda error: True)
    assert [batcher((0, turn)) for turn in range(5)] == [f"0 {turn}" for turn in range(5)]
