"""Whatever a receiver answers, it is judged by its own answer, and another's events come on time, once, unmixed."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import ODD, OK, HostileServer
from tests.processes import Process, Worker, wait_until
from tests.service import Service
from webhooks import sending
from webhooks.circuit_breaker import THRESHOLD
from webhooks.delivery import OWN_FAULT
from webhooks.models import Attempt, Delivery, EventType, Receiver

pytestmark = pytest.mark.slow
TICKETS = 20
# Seconds: one that is starved waits for the time limits of its neighbours, a second each, in turns.
LIMIT = 5.0


@pytest.fixture
def server() -> Iterator[HostileServer]:
    server = HostileServer()
    yield server
    server.close()


@pytest.fixture
def other_host() -> Iterator[HostileServer]:
    server = HostileServer("127.0.0.2")
    yield server
    server.close()


def add_receiver(url: str, timeout: float) -> Receiver:
    return Receiver.objects.create(url=url, events=[EventType.TICKET_CREATED], timeout=timeout)


def test_healthy_receivers_beside_every_odd_answer_get_each_event_once_and_in_time(
    service: Service,
    start_worker: Callable[..., Worker],
    start_beat: Callable[..., Process],
    server: HostileServer,
    other_host: HostileServer,
) -> None:
    assert len(ODD) >= 60
    healthy = [add_receiver(f"{each.url}/healthy", 10) for each in (server, other_host)]
    odd = {name: add_receiver(f"{server.url}/{name}", 1) for name in ODD}
    worker = start_worker()
    start_beat()
    posted: dict[int, float] = {}
    for _ in range(TICKETS):
        number = service.open_ticket().json()["id"]
        posted[number] = time.monotonic()
        time.sleep(0.25)
    of_healthy = Delivery.objects.filter(receiver__in=healthy)
    wait_until(lambda: of_healthy.filter(state="delivered").count() == 2 * TICKETS, what="what healthy ones are owed")
    failing = [receiver.pk for name, receiver in odd.items() if not ODD[name].delivered]
    opened = Receiver.objects.filter(pk__in=failing, consecutive_failures__gte=THRESHOLD)
    wait_until(lambda: opened.count() == len(failing), what="the circuit of each that fails")
    tried = Attempt.objects.filter(receiver__in=odd.values()).values("receiver").distinct()
    wait_until(lambda: tried.count() == len(odd), what="an attempt at each")
    arrived = [each for each in (*server.requests, *other_host.requests) if each.path == "healthy"]
    assert Counter(Counter(each.id for each in arrived).values()) == {2: TICKETS}, "each event once at each of the two"
    event_of = {each.event.message_id: each.event.ticket_id for each in of_healthy.select_related("event")}
    delays = sorted(each.time - posted[event_of[each.id] or 0] for each in arrived)
    assert delays[int(len(delays) * 0.95) - 1] < LIMIT
    for attempt in Attempt.objects.filter(receiver__in=healthy).select_related("delivery__event"):
        assert attempt.response == attempt.delivery.event.message_id, "its own answer"
    for name, receiver in odd.items():
        first = Attempt.objects.filter(receiver=receiver).order_by("id")[0]
        assert (first.error == "") is ODD[name].delivered, f"{name}: {first.status} {first.error}"
        assert first.error != OWN_FAULT, name
        receiver.refresh_from_db()
        assert (receiver.consecutive_failures >= THRESHOLD) is not ODD[name].delivered, f"{name}: the circuit"
    assert "Traceback" not in worker.output()


class OneAnswer:
    """A server that sends the same bytes to everybody and hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(self.answer)
                except OSError:
                    continue

    def close(self) -> None:
        self._server.close()

    def post(self, answer: bytes) -> sending.Answer:
        self.answer = answer
        with sending.Session() as session:
            return sending.post(session, self.url, "{}", {}, 5.0)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[OneAnswer]:
    server = OneAnswer()
    yield server
    server.close()


INTERIM = st.lists(st.sampled_from([100, 102, 103, 104, 150, 199]), max_size=8)
STATUSES = st.integers(200, 999) | st.just(101)
HEADERS = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z-]{0,12}", fullmatch=True).map(lambda name: f"X-{name}"),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f\x85"), max_size=40),
    max_size=6,
)


def head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Word", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@settings(max_examples=1000)
@given(INTERIM, HEADERS, STATUSES, HEADERS, st.binary(max_size=200))
def test_a_final_answer_is_read_past_any_interim_ones(
    fuzzed: OneAnswer,
    interim: list[int],
    hints: dict[str, str],
    status: int,
    headers: dict[str, str],
    body: bytes,
) -> None:
    answer = fuzzed.post(b"".join(head(each, hints) for each in interim) + head(status, headers) + body)
    assert answer.status == status
    assert (answer.error == "") is (200 <= status < 300)


@settings(max_examples=1500)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: OK + rest))
def test_any_bytes_are_an_answer_that_can_be_stored(fuzzed: OneAnswer, said: bytes) -> None:
    answer = fuzzed.post(said)
    assert answer.error or (said.startswith(OK) and answer.status == 200)
    for text in (answer.error, answer.response):
        assert "\0" not in text
        text.encode()


@settings(max_examples=1000)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_any_retry_after_is_a_time_or_none(fuzzed: OneAnswer, value: str) -> None:
    answer = fuzzed.post(head(503, {"Retry-After": value}))
    assert answer.status == 503
    assert answer.retry_after is None or answer.retry_after == answer.retry_after  # not NaN
