"""`make bench-scale`: the same requests with 1,000 and with 1,000,000 tickets; the desk; query plans."""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from itertools import count
from urllib.parse import quote

import psycopg
import requests

from bench.desk import Desk
from bench.plans import show_plans
from bench.stack import Stack, running

SMALL, LARGE = 1_000, 1_000_000
REQUESTS, PAGES, WARM_UP = 200, 50, 20
PAGE = "tickets?limit=50"
WANTED_RATIO = 1.25
WANTED_SEARCH = 150  # milliseconds
NEEDLE = "the purple stapler hums at night"
MATCHES = 50

# KiB. Seeding merges longer lists into the search index, which more than halves the time; 1024 is the model's own.
SET_PENDING_LIST_LIMIT = "ALTER INDEX tickets_search SET (gin_pending_list_limit = {})"
ADD_NEEDLES = f"""
UPDATE tickets SET issue_description = issue_description || ' In short: {NEEDLE}.'
WHERE id IN (SELECT 1 + number * {LARGE // MATCHES} FROM generate_series(0, {MATCHES - 1}) AS number)
"""


@dataclass(frozen=True)
class Client:
    """Persistent connections to one service: to the API, the support desk and the database."""

    url: str
    session: requests.Session
    desk: Desk
    database: psycopg.Connection

    @classmethod
    def of(cls, stack: Stack, tickets: int) -> "Client":
        """Starts a service with so many seeded tickets."""
        stack.environment |= {"ADMIN_USERNAME": "ada", "ADMIN_PASSWORD": "only-for-benchmarks"}
        stack.manage("prepare")
        started = time.perf_counter()
        database = stack.connect()
        database.execute(SET_PENDING_LIST_LIMIT.format(131072).encode())
        stack.manage("seed", "--tickets", str(tickets))
        database.execute("SELECT gin_clean_pending_list('tickets_search')")
        database.execute(SET_PENDING_LIST_LIMIT.format(1024).encode())
        print(f"{tickets:,} tickets seeded in {time.perf_counter() - started:.0f} s")
        url = stack.start_service().url
        return cls(url, requests.Session(), Desk.sign_in(url, "ada", "only-for-benchmarks"), stack.connect())

    def request(self, method: str, path: str, body: Mapping[str, str] | None = None) -> None:
        answer = self.session.request(method, f"{self.url}/api/v1/{path}", json=body, timeout=60)
        answer.raise_for_status()

    def calls(self) -> dict[str, Callable[[], object]]:
        """The measured requests by name."""
        numbers = count(time.time_ns())
        some = [row[0] for row in self.database.execute("SELECT id FROM tickets ORDER BY random() LIMIT 500")]
        waiting, middle = self._open_ids(), self._middle()

        def create() -> None:
            person = {"full_name": "Ada Lovelace", "email": f"ada{next(numbers)}@example.com"}
            self.request("POST", "tickets", {**person, "issue_description": "The printer says PC LOAD LETTER."})

        return {
            "create": create,
            "resolve": lambda: self.request("PATCH", f"tickets/{next(waiting)}/resolve"),
            "retrieve": lambda: self.request("GET", f"tickets/{some[next(numbers) % len(some)]}"),
            "page of 50, the newest": lambda: self.request("GET", f"{PAGE}&ordering=-id"),
            "page of 50, from the middle": lambda: self.request("GET", f"{PAGE}&ordering=-created_at&{middle}"),
            "page of 50, open ones": lambda: self.request("GET", f"{PAGE}&ordering=-created_at&status=open"),
            "admin list": lambda: self.desk.get("/admin/tickets/ticket/"),
        }

    def _open_ids(self) -> Iterator[int]:
        for row in self.database.execute("SELECT id FROM tickets WHERE status = 'open' ORDER BY random()"):
            yield row[0]

    def _middle(self) -> str:
        """A filter for the tickets older than the one in the middle of the list."""
        row = self.database.execute(
            "SELECT created_at FROM tickets WHERE id > (SELECT max(id) / 2 FROM tickets) ORDER BY id LIMIT 1"
        ).fetchone()
        assert row  # noqa: S101 -- there are tickets
        return f"created_before={row[0].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def main() -> None:
    print(f"{os.cpu_count()} cores, shared with PostgreSQL (durable); one client; milliseconds")
    with running() as few, running() as many:
        small, large = Client.of(few, SMALL), Client.of(many, LARGE)
        compare(small, large)
        search(large)
        large.desk.show_every_page(NEEDLE)
        show_plans(many, NEEDLE)


def compare(small: Client, large: Client) -> None:
    """Prints the medians of both, measured alternately, and their ratio."""
    print(f"\n{'medians':<32}{SMALL:>12,}{LARGE:>12,}{'ratio':>9}  (wanted: {WANTED_RATIO})")
    for (name, with_few), with_many in zip(small.calls().items(), large.calls().values(), strict=True):
        before, after = medians(with_few, with_many, times=PAGES if name == "admin list" else REQUESTS)
        print(f"{name:<32}{before:>12.2f}{after:>12.2f}{after / before:>9.2f}")


def medians(*calls: Callable[[], object], times: int) -> list[float]:
    """The median duration of each call in milliseconds, alternating between the calls."""
    taken: list[list[float]] = [[] for _ in calls]
    for number in range(WARM_UP + times):
        for call, found in zip(calls, taken, strict=True):
            start = time.perf_counter()
            call()
            if number >= WARM_UP:
                found.append((time.perf_counter() - start) * 1000)
    return [statistics.median(found) for found in taken]


def search(client: Client) -> None:
    """Measures a search of the API that matches 50 tickets."""
    client.database.execute(ADD_NEEDLES.encode())
    client.database.execute("VACUUM ANALYZE tickets")
    path = f"{PAGE}&q={quote(NEEDLE)}"
    found = client.session.get(f"{client.url}/api/v1/{path}", timeout=60).json()
    (took,) = medians(lambda: client.request("GET", path), times=PAGES)
    print(f"\nsearch of the API, {len(found)} of {LARGE:,} match: {took:.0f} (wanted: {WANTED_SEARCH})")


if __name__ == "__main__":
    main()
