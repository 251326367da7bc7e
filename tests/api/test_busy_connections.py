"""A connection whose requests follow each other without a pause is served, and so are the others."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable

import psutil
import requests

from tests.processes import Gunicorn as Service
from tests.processes import wait_until


def test_a_client_that_never_pauses_leaves_room_for_others(
    start_service: Callable[..., Service], database: None
) -> None:
    service = start_service(GUNICORN_CMD_ARGS="--workers 1 --threads 1")
    enough, answered = threading.Event(), 0

    def go_on() -> None:
        nonlocal answered
        with requests.Session() as session:
            while not enough.is_set():
                session.get(f"{service.url}/api/v1/tickets?limit=1", timeout=10).raise_for_status()
                answered += 1

    busy = threading.Thread(target=go_on)
    busy.start()
    try:
        for _ in range(20):
            assert service.request("GET", "/api/v1/tickets?limit=1").elapsed.total_seconds() < 2
    finally:
        enough.set()
        busy.join()
        service.stop()
    assert answered > 1
    assert "Traceback" not in service.output()


def test_requests_that_come_at_once_are_answered_in_their_order(service: Service) -> None:
    paths = ["/health", "/api/v1/tickets", "/nowhere", "/api/v1/contacts"]
    heads = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n" for path in paths]
    with socket.create_connection(service.address, timeout=10) as client:
        client.sendall("".join([*heads, heads[0].replace("keep-alive", "close")]).encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"200", b"404", b"200", b"200"]


def test_kept_connections_are_spread_over_the_processes(start_service: Callable[..., Service], database: None) -> None:
    service = start_service(WEB_CONCURRENCY="2")

    def keep_another(stack: contextlib.ExitStack) -> None:
        client = stack.enter_context(socket.create_connection(service.address, timeout=10))
        client.sendall(b"GET /api/v1/tickets HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"

    def kept() -> list[int]:
        """By each process."""
        workers = psutil.Process(service.process.pid).children()
        connections = [each.net_connections() for each in workers]
        here = (psutil.CONN_ESTABLISHED, service.address[1])
        return [sum((each.status, each.laddr.port) == here for each in of_one) for of_one in connections]

    def both_have_one() -> bool:
        keep_another(first)
        return len(kept()) == 2 and min(kept()) > 0

    with contextlib.ExitStack() as first:
        wait_until(both_have_one, what="the second process, which starts a moment after the first")
    wait_until(lambda: kept() == [0, 0], what="the end of the connections")
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            keep_another(stack)
        counts = kept()
    service.stop()
    assert sum(counts) == 16
    assert min(counts) >= 6
