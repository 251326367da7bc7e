"""Faults. Each function causes one for about `seconds` and has healed it on return."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event as Flag
from time import monotonic

import requests

from bench.stack import Stack
from tests.chaos.clock import LIBRARY, PostgresWithClock
from tests.nginx import Nginx
from tests.processes import Process, signal_tree
from tests.receiver import RecordingReceiver, Reply
from tests.service import Service

JUMP = 60  # seconds; what is recorded while the clock is ahead waits for as long once it is set back
SLOW_CLIENTS = 200  # of each kind
HOST = b" /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\n"
HALF_BODY = b"POST" + HOST + b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
SLOW_REQUESTS = (b"", b"GET" + HOST, HALF_BODY, b"GET" + HOST + b"\r\n")
LOCKED = "SELECT FROM contacts WHERE id % 10 = 0 FOR UPDATE"
END_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ticketloop'"
# A list that slow readers cannot be done with: more than sockets and nginx hold.
LONG_LIST = """
WITH contact AS (INSERT INTO contacts (full_name, email) VALUES ('Long', 'long@example.com') RETURNING id)
INSERT INTO tickets (contact_id, issue_description) SELECT contact.id, repeat('x', 10000)
FROM contact CROSS JOIN generate_series(1, 2000)
"""


class Proxied(Service):
    """The service behind nginx."""

    def __init__(self, url: str) -> None:
        self.url = url

    def session(self) -> requests.Session:
        return requests.Session()


class World:
    """The running service, its receiver, and the receiver's current reply."""

    def __init__(self, stack: Stack, receiver: RecordingReceiver, nginx: str | None = None) -> None:
        """`nginx` is the path of the program; without it, clients speak to gunicorn directly."""
        self.stack, self.receiver = stack, receiver
        self.gunicorn = stack.start_service()
        self.service: Service = self.gunicorn
        self.proxy: Proxied | None = None
        if nginx:
            folder = stack.folder / "nginx"
            proxy = stack.stack.enter_context(Nginx(nginx, folder, [self.gunicorn.url.removeprefix("http://")]))
            self.service = self.proxy = Proxied(proxy.url)
        self.small_disk = small_disk(stack)
        stack.connect().execute(LONG_LIST)
        self.worker: Process = stack.start_worker()
        self.beat: Process = stack.start_beat()
        self.reply = Reply()


def small_disk(stack: Stack) -> Path | None:
    """A file system of 64 MB with the table of tickets on it; None where none can be made, which takes root."""
    folder = stack.folder / "small"
    folder.mkdir()
    owner = f"uid={stack.postgres_user.pw_uid},gid={stack.postgres_user.pw_gid}"
    mount = ["mount", "-t", "tmpfs", "-o", f"size=64m,mode=0700,{owner}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode:
        return None
    stack.folder.chmod(0o711)  # so that PostgreSQL's user reaches it
    stack.stack.callback(subprocess.run, ["umount", "--lazy", str(folder)])
    data = folder / "data"
    data.mkdir(mode=0o700)
    os.chown(data, stack.postgres_user.pw_uid, stack.postgres_user.pw_gid)
    stack.connect().execute(f"CREATE TABLESPACE small LOCATION '{data}'")
    stack.connect().execute("ALTER TABLE tickets SET TABLESPACE small")
    return folder


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


def database_freezes(world: World, seconds: float) -> None:
    signal_tree(world.stack.postgres_pid, signal.SIGSTOP)
    time.sleep(seconds)
    signal_tree(world.stack.postgres_pid, signal.SIGCONT)


def database_is_read_only(world: World, seconds: float) -> None:
    database = world.stack.connect()
    database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    database.execute("SELECT pg_reload_conf()")
    time.sleep(seconds)
    database.execute("SET default_transaction_read_only = off")
    database.execute("ALTER SYSTEM RESET default_transaction_read_only")
    database.execute("SELECT pg_reload_conf()")


def database_clock_jumps(world: World, seconds: float) -> None:
    """Forward, so that all leases run out, and back, so that what was due is not."""
    assert isinstance(world.stack.postgres, PostgresWithClock)
    for offset in (JUMP, -JUMP):
        world.stack.postgres.set_clock(offset)
        time.sleep(seconds / 2)
    world.stack.postgres.set_clock(0)


def contacts_are_locked(world: World, seconds: float) -> None:
    database = world.stack.connect()
    with database.transaction():
        database.execute(LOCKED)
        time.sleep(seconds)


def connections_end(world: World, seconds: float) -> None:
    database = world.stack.connect()
    end = monotonic() + seconds
    while monotonic() < end:
        database.execute(END_CONNECTIONS)
        time.sleep(0.5)


def disk_is_full(world: World, seconds: float) -> None:
    """The disk of the tickets alone: PostgreSQL itself ends when it cannot write its log."""
    assert world.small_disk
    filler = world.small_disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    time.sleep(seconds)
    filler.unlink()


def slow_clients(world: World, seconds: float) -> None:
    """Silent ones, half heads, half bodies, and readers of lists that stop reading."""
    port = int(world.service.url.rpartition(":")[2])
    with ExitStack() as clients:
        for request in SLOW_REQUESTS * SLOW_CLIENTS:
            client = clients.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(request)
        time.sleep(seconds)


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
    database_freezes,
    database_is_read_only,
    database_clock_jumps,
    contacts_are_locked,
    connections_end,
    disk_is_full,
    slow_clients,
    receiver_refuses,
    receiver_answers_500,
    receiver_hangs,
    receiver_resets_half_way,
)


def possible(world: World) -> list[Callable[[World, float], None]]:
    """The faults that can be caused here."""
    needs: dict[Callable[[World, float], None], object] = {
        disk_is_full: world.small_disk,
        slow_clients: world.proxy,
        database_clock_jumps: LIBRARY,
    }
    return [fault for fault in FAULTS if needs.get(fault, True)]
