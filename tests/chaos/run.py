"""Posts tickets during every fault, waits until all events are delivered, and reports.

Beside the receiver that is watched there are neighbours: one for each odd answer of `tests.hostile`, slow ones, hanging
ones and flapping ones. They are told of tickets that are resolved, every eighth: told of each, they would be more than
a small machine can serve.
"""

import contextlib
import os
import shutil
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from standardwebhooks import Webhook

from bench.sink import Sink
from bench.stack import Stack, running
from tests.chaos.clock import PostgresWithClock
from tests.chaos.faults import FAULTS, World, possible
from tests.hostile import ODD, HostileServer
from tests.processes import wait_until
from tests.receiver import RecordingReceiver, Reply

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
POSTERS = 4
RESOLVED = 8  # every so many tickets one is resolved
HEAD = (
    f"{'fault':<26}{'POSTs':>7}{'p50 ms':>9}{'p99 ms':>9}{'longest ms':>12}"
    f"{'503':>6}{'other':>7}{'twice':>7}{'drained after s':>17}"
)
SETTLE_LIMIT, DRAIN_LIMIT = 6.0, 180.0  # seconds
KINDS = {"slow/2": 20, "hang": 16, "flap": 2, "healthy": 20}  # neighbours beside the odd ones, and how many of each

QUIET = "nothing"  # the fault that is none
OWED = """
SELECT count(*) FROM webhook_deliveries AS delivery JOIN webhook_receivers AS receiver ON receiver.id = receiver_id
WHERE state <> 'delivered' AND source = 'environment'
"""


@dataclass(frozen=True)
class Post:
    """A POST and its response; it ended at `time` (monotonic)."""

    fault: str
    time: float
    seconds: float
    status: int
    is_json: bool
    body: bytes


@dataclass(frozen=True)
class Delivered:
    """An event with a verified signature that the receiver accepted, if perhaps too late."""

    id: str
    body: bytes
    time: float  # monotonic


@dataclass(frozen=True)
class Report:
    """Result of a run: `healed` is when each fault ended (monotonic), `untried` are those that cannot be caused here,
    `replayed` is the number of replayed deliveries."""

    posts: list[Post]
    delivered: list[Delivered]
    arrivals: list[tuple[str, bytes]]  # id and body of every request
    healed: dict[str, float]
    untried: list[str]
    replayed: int
    deadlocks: int

    @property
    def repeated(self) -> int:
        """Events that were delivered more than once although they were posted while nothing failed."""
        times = Counter(each.body for each in self.delivered)
        return sum(times[body] > 1 for body, fault in self.accepted.items() if fault == QUIET)

    @property
    def quiet_p95(self) -> float:
        """Seconds from a POST while nothing failed to its first delivery: the 95th percentile."""
        first = self.first_delivered
        delays = [first[post.body] - post.time for post in self.posts if post.fault == QUIET and post.body in first]
        return statistics.quantiles(delays, n=20, method="inclusive")[18]

    @property
    def first_delivered(self) -> dict[bytes, float]:
        """When each body was first delivered (monotonic)."""
        return {each.body: each.time for each in reversed(self.delivered)}

    @property
    def accepted(self) -> dict[bytes, str]:
        """The body of each ticket answered 201, with the fault during which it was posted."""
        return {post.body: post.fault for post in self.posts if post.status == 201}

    @property
    def lost(self) -> set[bytes]:
        """Accepted tickets whose event was never delivered."""
        return set(self.accepted) - {each.body for each in self.delivered}

    def table(self) -> str:
        """A table with a line per fault."""
        first = self.first_delivered
        times = Counter(each.body for each in self.delivered)
        lines = [HEAD]
        for fault, healed in self.healed.items():
            posts = [post for post in self.posts if post.fault == fault]
            bodies = [post.body for post in posts if post.status == 201]
            seconds = [post.seconds * 1000 for post in posts]
            p50, p99 = statistics.median(seconds), statistics.quantiles(seconds, n=100, method="inclusive")[98]
            refused = sum(post.status == 503 for post in posts)
            other = len(posts) - len(bodies) - refused
            twice = sum(times[body] - 1 for body in bodies if times[body])
            drained = max((first[body] - healed for body in bodies if body in first), default=0.0)
            latencies = f"{p50:>9.1f}{p99:>9.1f}{max(seconds):>12.1f}"
            lines.append(
                f"{fault:<26}{len(posts):>7}{latencies}{refused:>6}{other:>7}{twice:>7}{max(drained, 0):>17.1f}"
            )
        return "\n".join(lines)


def run(tickets: int, seconds: float, frozen: float, share: int = 1) -> Report:
    """Posts about `tickets` tickets in all. Each fault lasts `seconds`, the frozen broker `frozen` seconds.

    One of `share` neighbours takes part.
    """
    receiver, hostile, start = RecordingReceiver(), HostileServer(), datetime.now(UTC)
    with running(PostgresWithClock) as stack, Sink() as sink:
        prepare(stack, receiver)
        several = [f"{sink.url}/{kind}/{number}" for kind, count in KINDS.items() for number in range(count)]
        neighbours = [*several, *(f"{hostile.url}/{name}" for name in ODD)][::share]
        stack.add_receivers(neighbours, ["ticket.resolved"])
        database = stack.connect()
        world = World(stack, receiver, shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"))
        delivered: list[Delivered] = []
        receiver.reply = record_deliveries(world, delivered)
        world.service.open_ticket()
        posts: list[Post] = []
        healed: dict[str, float] = {}
        for fault in possible(world):
            name = name_of(fault)
            length = frozen if "freezes" in name else seconds
            with PostingThreads(world, name, tickets // len(FAULTS), length, posts):
                fault(world, length)
            if name == QUIET:  # what comes next must not fall on what was sent and not yet recorded
                wait_until(lambda: owed(database) == 0, DRAIN_LIMIT, "the end of a quiet time")
            healed[name] = time.monotonic()
        # `posts` is complete now; tickets that were committed in spite of a 503 are delivered, too.
        replayed = settle(stack, start, world)
        receiver.close()
        hostile.close()
        arrivals = [(each.headers["webhook-id"], each.body) for each in receiver.arrivals]
        untried = [name_of(fault) for fault in FAULTS if name_of(fault) not in healed]
        return Report(posts, delivered, arrivals, healed, untried, replayed, deadlocks(stack))


def name_of(fault: Callable[[World, float], None]) -> str:
    return fault.__name__.replace("_", " ")


def deadlocks(stack: Stack) -> int:
    """The number of deadlocks in PostgreSQL's log."""
    return stack.postgres.log.read_text(errors="replace").count("deadlock detected")


def prepare(stack: Stack, receiver: RecordingReceiver) -> None:
    """Sets up the receiver by WEBHOOK_URL, with a short time limit."""
    stack.environment |= {"WEBHOOK_URL": receiver.url, "WEBHOOK_SECRET": SECRET, "WEBHOOK_TIMEOUT": "2"}
    stack.manage("prepare")


def record_deliveries(world: World, delivered: list[Delivered]) -> Callable[[int], Reply]:
    """Replies with the world's current reply; verifies and records what is accepted."""
    webhook = Webhook(SECRET)

    def reply(number: int) -> Reply:
        reply, arrival = world.reply, world.receiver.arrivals[number - 1]
        if reply.status == 200 and not reply.reset:
            webhook.verify(arrival.body, arrival.headers)
            delivered.append(Delivered(arrival.headers["webhook-id"], arrival.body, time.monotonic()))
        return reply

    return reply


class PostingThreads:
    """Context manager that posts `count` tickets evenly over `seconds`; waits for the last response on exit."""

    def __init__(self, world: World, fault: str, count: int, seconds: float, posts: list[Post]) -> None:
        self.world, self.fault, self.posts = world, fault, posts
        self.interval, self.start = seconds / count, time.monotonic()
        self.threads = [threading.Thread(target=self.post, args=(range(i, count, POSTERS),)) for i in range(POSTERS)]

    def __enter__(self) -> None:
        for thread in self.threads:
            thread.start()

    def __exit__(self, *problem: object) -> None:
        for thread in self.threads:
            thread.join()

    def post(self, numbers: range) -> None:
        for number in numbers:
            time.sleep(max(self.start + number * self.interval - time.monotonic(), 0))
            start = time.perf_counter()
            text = f"{self.fault}, ticket {number}"
            answer = self.world.service.open_ticket(email=f"{number}@example.com", issue_description=text)
            is_json = answer.headers["Content-Type"] == "application/json"
            seconds = time.perf_counter() - start
            ended = time.monotonic()
            if number % RESOLVED == 0 and answer.status_code == 201:
                self.world.service.request("PATCH", f"{answer.headers['Location']}/resolve")
            self.posts.append(Post(self.fault, ended, seconds, answer.status_code, is_json, answer.content))


def settle(stack: Stack, start: datetime, world: World) -> int:
    """Waits until every delivery is made; returns the number that had to be replayed.

    After two failures the third attempt is minutes away, so these are replayed, as by an operator after an outage.
    """
    connection = stack.connect()

    def settled() -> bool:
        for process in (world.gunicorn, world.worker, world.beat):
            process.fail_if_ended()  # no process may end by itself
        return owed(connection) == 0

    with contextlib.suppress(TimeoutError):
        wait_until(settled, SETTLE_LIMIT)
    waiting = owed(connection)
    stack.manage("replay", "--receiver", "WEBHOOK_URL", "--since", f"{start:%Y-%m-%dT%H:%M:%S}")
    try:
        wait_until(settled, DRAIN_LIMIT, "the end of the backlog")
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{situation(stack, connection)}") from error
    return waiting


def owed(connection: psycopg.Connection) -> int:
    """The number of deliveries that the watched receiver has not accepted yet."""
    row = connection.execute(OWED).fetchone()
    assert row
    return int(row[0])


def situation(stack: Stack, connection: psycopg.Connection) -> str:
    """Undelivered events, the state of the circuit breaker, and the last log lines of each process."""
    owed = connection.execute(
        "SELECT state, attempts_made, next_attempt_at - now(), leased_until - now() FROM webhook_deliveries "
        "JOIN webhook_receivers AS receiver ON receiver.id = receiver_id "
        "WHERE state <> 'delivered' AND source = 'environment' LIMIT 5"
    ).fetchall()
    circuit = connection.execute(
        "SELECT enabled, consecutive_failures, failing_since, next_probe_at - now() FROM webhook_receivers "
        "WHERE source = 'environment'"
    ).fetchall()
    said = [
        "\n".join([f"{log.name}:", *(line[:500] for line in log.read_text().splitlines()[-5:])])
        for log in sorted(stack.folder.glob("*.log"))
    ]
    return "\n".join(map(str, [*owed, *circuit, *said]))
