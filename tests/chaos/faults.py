"""Faults. Each function causes one for about `seconds` and has healed it on return."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag

from bench.stack import Stack
from tests.processes import Process
from tests.receiver import RecordingReceiver, Reply


class World:
    """The running service, its receiver, and the receiver's current reply."""

    def __init__(self, stack: Stack, receiver: RecordingReceiver) -> None:
        self.stack, self.receiver = stack, receiver
        self.service = stack.start_service()
        self.worker: Process = stack.start_worker()
        self.beat: Process = stack.start_beat()
        self.reply = Reply()


def nothing(world: World, seconds: float) -> None:
    time.sleep(seconds)


def worker_is_killed(world: World, seconds: float) -> None:
    for _ in range(2):
        world.worker.kill()
        time.sleep(seconds / 4)
        world.worker = world.stack.start_worker()
        time.sleep(seconds / 4)


def beat_is_killed(world: World, seconds: float) -> None:
    world.beat.kill()
    time.sleep(seconds)
    world.beat = world.stack.start_beat()


def broker_restarts_empty(world: World, seconds: float) -> None:
    world.stack.valkey.stop()
    time.sleep(seconds)
    world.stack.valkey.start()


def broker_freezes(world: World, seconds: float) -> None:
    process = world.stack.valkey.process
    assert process
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


def database_crashes(world: World, seconds: float) -> None:
    process = world.stack.postgres.process
    assert process
    process.send_signal(signal.SIGQUIT)  # immediate shutdown: it recovers from the WAL on the next start
    time.sleep(seconds / 2)
    world.stack.postgres.stop()
    world.stack.postgres.start()
    time.sleep(seconds / 2)


def receiver_refuses(world: World, seconds: float) -> None:
    world.receiver.close()
    time.sleep(seconds)
    world.receiver.reopen()


def receiver_answers_500(world: World, seconds: float) -> None:
    with answering(world, Reply(500)):
        time.sleep(seconds)


def receiver_hangs(world: World, seconds: float) -> None:
    released = Flag()
    with answering(world, Reply(hold=released)):
        time.sleep(seconds)
    released.set()


def receiver_resets_half_way(world: World, seconds: float) -> None:
    with answering(world, Reply(reset=True)):
        time.sleep(seconds)


@contextmanager
def answering(world: World, reply: Reply) -> Iterator[None]:
    """Sets the receiver's reply within the block."""
    world.reply = reply
    yield
    world.reply = Reply()


FAULTS: tuple[Callable[[World, float], None], ...] = (
    nothing,
    worker_is_killed,
    beat_is_killed,
    broker_restarts_empty,
    broker_freezes,
    database_crashes,
    receiver_refuses,
    receiver_answers_500,
    receiver_hangs,
    receiver_resets_half_way,
)
