"""Receivers that drip, flood, stall or break the protocol: attempts end in time, memory stays flat."""

import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.debian import find_program
from tests.processes import closed_port, wait_until
from webhooks import sending, transport

pytestmark = pytest.mark.slow
TIMEOUT = 1.0
LIMIT = TIMEOUT + 3  # a busy machine may be late; whoever waits for such a receiver waits for ever
OK = b"HTTP/1.1 200 OK\r\n"
Act = Callable[[socket.socket], None]


@pytest.fixture
def hostile() -> Iterator[Callable[[Act], str]]:
    """Starts a raw server that treats each connection with `act`; returns its URL."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def start(act: Act) -> str:
        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        act(connection)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield start
    ended.set()
    server.close()


def forever(connection: socket.socket, start: bytes, again: bytes, pause: float = 0.0) -> None:
    """Sends `start`, then `again` until the other side has had enough."""
    connection.recv(65536)
    connection.sendall(start)
    waiting = threading.Event()
    while True:
        connection.sendall(again)
        if pause:
            waiting.wait(pause)


def say(connection: socket.socket, answer: bytes) -> None:
    received = b""
    while not received.endswith(b"{}"):  # closing with something unread would reset the connection
        received += connection.recv(65536)
    connection.sendall(answer)


def stall(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


FAILING: dict[str, Act] = {
    "says nothing": stall,
    "drips the status line": lambda c: forever(c, b"HTTP/1.1 2", b"0", 0.1),
    "drips headers": lambda c: forever(c, OK, b"X-A: b\r\n", 0.1),
    "drips one header": lambda c: forever(c, OK + b"X-A: ", b"b", 0.1),
    "floods headers": lambda c: forever(c, OK, b"X-A: " + b"b" * 1000 + b"\r\n"),
    "sends one endless header": lambda c: forever(c, OK + b"X-A: ", b"b" * 1000),
    "continues for ever": lambda c: forever(c, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "continues for ever, slowly": lambda c: forever(c, b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.1),
    "gives early hints": lambda c: say(c, b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "switches protocols": lambda c: say(c, b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "redirects with an endless body": lambda c: forever(c, b"HTTP/1.1 302 F\r\nLocation: /\r\n\r\n", b"x" * 9999),
    "resets": reset,
    "ends after the status line": lambda c: say(c, OK),
    "ends in the middle of a header": lambda c: say(c, OK + b"Content-Le"),
    "closes at once": lambda c: None,
    "speaks no HTTP": lambda c: say(c, b"220 mail.example ESMTP\r\n"),
    "answers garbage": lambda c: say(c, bytes(range(256)) * 4),
    "has no valid status": lambda c: say(c, b"HTTP/1.1 999999 \r\n\r\n"),
}
DELIVERED: dict[str, Act] = {
    "drips the body": lambda c: forever(c, OK + b"Content-Length: 99999\r\n\r\n", b"x", 0.1),
    "drips chunks": lambda c: forever(c, OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.1),
    "has a negative length": lambda c: say(c, OK + b"Content-Length: -5\r\n\r\nhello"),
    "has bad chunks": lambda c: say(c, OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello"),
    "ends too early": lambda c: say(c, OK + b"Content-Length: 500\r\n\r\nhello"),
    "has an endless body": lambda c: forever(c, OK + b"\r\n", b"x" * 65536),
    "has endless chunks": lambda c: forever(c, OK + b"Transfer-Encoding: chunked\r\n\r\n", b"4\r\nxxxx\r\n" * 99),
    "says it is compressed": lambda c: say(c, OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nbomb!"),
    "has no body": lambda c: say(c, b"HTTP/1.1 204 No Content\r\n\r\n"),
    "answers in HTTP/1.0": lambda c: say(c, b"HTTP/1.0 200 OK\r\n\r\nhello"),
}


def attempt(url: str) -> tuple[sending.Answer, float, int]:
    """The answer, the seconds it took and the peak of memory in bytes."""
    tracemalloc.start()
    start = time.monotonic()
    with sending.Session() as session:
        answer = sending.post(session, url, "{}", {}, TIMEOUT)
    took, (_, peak) = time.monotonic() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return answer, took, peak


@pytest.mark.parametrize("name", FAILING)
def test_a_hostile_answer_is_a_failure_within_the_time_limit(hostile: Callable[[Act], str], name: str) -> None:
    answer, took, peak = attempt(hostile(FAILING[name]))
    assert answer.error
    assert took < LIMIT
    assert peak < 10_000_000


@pytest.mark.parametrize("name", DELIVERED)
def test_what_follows_a_2xx_does_no_harm(hostile: Callable[[Act], str], name: str) -> None:
    answer, took, peak = attempt(hostile(DELIVERED[name]))
    assert answer.error == ""
    assert len(answer.response) <= sending.KEEP_LIMIT
    assert took < LIMIT
    assert peak < 10_000_000


def test_a_slow_tls_handshake_ends_in_time(hostile: Callable[[Act], str]) -> None:
    url = hostile(lambda c: forever(c, b"\x16\x03\x03\x40\x00\x02", b"\0", 0.1)).replace("http:", "https:")
    answer, took, _ = attempt(url)
    assert answer.error
    assert took < LIMIT


def self_signed(folder: Path) -> Path:
    """Writes key.pem and certificate.pem for 127.0.0.1 into the folder."""
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *name]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"), "-days", "1"]
    subprocess.run([find_program("openssl", "openssl"), *request, *files], check=True, capture_output=True)
    return folder


def over_tls(certificate: Path, answer: bytes) -> Act:
    """Answers over TLS with the key and certificate of this folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")

    def act(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            say(secure, answer)

    return act


def test_a_certificate_that_nobody_vouches_for_is_refused(hostile: Callable[[Act], str], tmp_path: Path) -> None:
    url = hostile(over_tls(self_signed(tmp_path), OK + b"Content-Length: 0\r\n\r\n"))
    answer, _, _ = attempt(url.replace("http:", "https:"))
    assert answer.status is None
    assert "No secure connection" in answer.error
    assert "certificate" in answer.error


def test_names_that_hang_delay_no_other_receiver(
    hostile: Callable[[Act], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release, look_up = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: object, **options: object) -> object:
        if host.endswith(".hang.example"):
            release.wait(60)
            raise socket.gaierror("no answer")
        return look_up(host, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with ThreadPoolExecutor(64) as pool:
        hanging = [pool.submit(attempt_alone, f"http://{number}.hang.example/") for number in range(64)]
        wait_until(lambda: sum("resolver" in thread.name for thread in threading.enumerate()) == 64)
        for _ in range(10):
            answer, took = attempt_alone(hostile(lambda c: say(c, OK + b"Content-Length: 0\r\n\r\n")))
            assert answer.error == ""
            assert took < TIMEOUT
        for each in hanging:
            answer, took = each.result()
            assert answer.error == "The receiver did not answer within 1 seconds."
            assert took < LIMIT
    release.set()


def attempt_alone(url: str) -> tuple[sending.Answer, float]:
    """The answer and the seconds it took."""
    start = time.monotonic()
    with sending.Session() as session:
        return sending.post(session, url, "{}", {}, TIMEOUT), time.monotonic() - start


SENTENCES = {
    "http://127.0.0.1:{port}/": "The connection failed: Connection refused",
    "http://10.0.0.1/": "Refused: 10.0.0.1 has the address 10.0.0.1, which is not public",
    "http://no-such-name.invalid/": "The receiver's name was not found",
    "http://exa mple.com/": "",
    "http://[::1/": "",
    "http://\u2603.\u2603\u2603\ud800/": "",
    "ftp://example.com/": "",
    "": "",
    "http://" + "a" * 300 + ".example/": "",
}


@pytest.mark.parametrize("url", SENTENCES)
def test_any_url_ends_in_a_sentence(url: str) -> None:
    answer, _ = attempt_alone(url.format(port=closed_port()) if "{port}" in url else url)
    assert answer.status is None
    assert answer.error.startswith(SENTENCES[url])
    for inside in ("Error(", "object at 0x", "HTTPConnectionPool", "Traceback"):
        assert inside not in answer.error


def test_an_authority_of_ones_own_is_trusted(
    hostile: Callable[[Act], str], tmp_path: Path, settings: Settings, request: pytest.FixtureRequest
) -> None:
    certificate = self_signed(tmp_path)
    url = hostile(over_tls(certificate, OK + b"Content-Length: 0\r\n\r\n")).replace("http:", "https:")
    request.addfinalizer(transport._tls_context.cache_clear)
    for setting in ("WEBHOOK_CA_BUNDLE", "SSL_CERT_FILE"):
        transport._tls_context.cache_clear()
        assert "certificate" in attempt_alone(url)[0].error
        transport._tls_context.cache_clear()
        setattr(settings, setting, str(certificate / "certificate.pem"))
        trusted = len(transport._tls_context().get_ca_certs())
        assert attempt_alone(url)[0].status == 200
        assert len(transport._tls_context().get_ca_certs()) == trusted
        assert (trusted == 1) is (setting == "SSL_CERT_FILE"), "in place of the public authorities"
        setattr(settings, setting, "")
