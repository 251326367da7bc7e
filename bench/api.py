"""`make bench`: Ticket Loop and the baseline in alternating rounds on one PostgreSQL; pgbench for the upper limit."""

import os
import statistics
import time
from dataclasses import dataclass

import requests

from bench.limit import pgbench
from bench.load import Measurement, Meter, load
from bench.sides import CONTACTS, Side, start_baseline, start_ticket_loop
from bench.stack import running

ROUNDS, SECONDS, WARM_UP = 3, 10, 2
HEAD = f"{'':<32}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'PG ms':>9}{'MB':>7}{'failed':>8}"


@dataclass(frozen=True)
class Scenario:
    """A kind of request with so many tickets stored, and the targets: at least `wanted` times the baseline's rate, at
    most `wanted_cpu` times its processor time per request."""

    name: str
    mode: str
    tickets: int
    wanted: float
    wanted_cpu: float | None = None

    def ids(self, turn: int) -> range:
        """The ids for wrk.lua in this round: fresh ones in each round where contacts or tickets must be new."""
        if self.mode == "new":
            return range(turn * 1_000_000, (turn + 1) * 1_000_000)
        if self.mode == "known":
            return range(1, CONTACTS + 1)
        if self.mode == "resolve":
            share = self.tickets // (ROUNDS + 1)
            return range(1 + turn * share, 1 + (turn + 1) * share)
        return range(1, self.tickets + 1)


SCENARIOS = (
    Scenario("one ticket", "one", 1_000, 1.15, 0.75),
    Scenario("create, a new contact each time", "new", 1_000, 1.4, 0.5),
    Scenario("create, known contacts", "known", 1_000, 1.2, 0.6),
    Scenario("resolve", "resolve", 400_000, 1.2, 0.6),
    Scenario("list of 1,000 tickets", "/api/v1/tickets", 1_000, 4),
    Scenario("page of 50 of 1,000,000", "/api/v1/tickets?limit=50", 1_000_000, 3),
)


def main() -> None:
    print(f"{os.cpu_count()} cores, all shared with PostgreSQL (durable) and wrk; alternating rounds of {SECONDS} s")
    with running() as stack:
        sides = (start_ticket_loop(stack), start_baseline(stack))
        for scenario in SCENARIOS:
            compare(scenario, sides, stack.postgres_pid)
        print(f"\npgbench, the statement of a create alone: {pgbench(stack, SECONDS):,.0f}/s")
        whole_list(sides)


def compare(scenario: Scenario, sides: tuple[Side, Side], postgres: int) -> None:
    """Measures alternating rounds; prints the medians and their ratios."""
    for side in sides:
        side.seed(scenario.tickets)
        load(side.url, scenario.mode, scenario.ids(0), WARM_UP, side.pid, postgres)
    measured: dict[str, list[Measurement]] = {side.name: [] for side in sides}
    for turn in range(1, ROUNDS + 1):
        for side in sides:
            measured[side.name].append(load(side.url, scenario.mode, scenario.ids(turn), SECONDS, side.pid, postgres))
    print(f"\n{scenario.name}\n{HEAD}")
    (rate, cpu), (peer_rate, peer_cpu) = [show(side.name, measured[side.name]) for side in sides]
    wanted_cpu = f" (wanted: {scenario.wanted_cpu:g})" if scenario.wanted_cpu else ""
    print(f"  ratio of rates {rate / peer_rate:.2f} (wanted: {scenario.wanted:g})", end="")
    print(f", of the server's processor time {cpu / peer_cpu:.2f}{wanted_cpu}", flush=True)


def show(name: str, rounds: list[Measurement]) -> tuple[float, float]:
    """Prints a line of medians; returns the rate and the server's processor time per request."""
    rate = statistics.median(each.rate for each in rounds)
    p50, p99 = statistics.median(each.p50 for each in rounds), statistics.median(each.p99 for each in rounds)
    cpu, postgres = (statistics.median(getattr(each, of) for each in rounds) for of in ("cpu", "postgres_cpu"))
    memory, failed = max(each.memory for each in rounds), sum(each.failed for each in rounds)
    print(f"  {name:<30}{rate:>9,.0f}{p50:>9.1f}{p99:>9.1f}{cpu:>9.2f}{postgres:>9.2f}{memory:>7.0f}{failed:>8}")
    return rate, cpu


def whole_list(sides: tuple[Side, Side]) -> None:
    """Downloads the list of 50,000 tickets from both, of 1,000,000 from Ticket Loop alone."""
    print("\nthe whole list")
    rates = []
    for side in sides:
        side.seed(50_000)
        rates.append(statistics.median(50_000 / download(side)[1] for _ in range(ROUNDS)))
        print(f"  {side.name:<30}{rates[-1]:>9,.0f} tickets/s of 50,000")
    print(f"  ratio {rates[0] / rates[1]:.2f} (wanted: 5)")
    ours = sides[0]
    ours.seed(1_000_000)
    with Meter(ours.pid) as idle:
        time.sleep(1)
    with Meter(ours.pid) as busy:
        first, whole = download(ours)
    print(f"  1,000,000: first byte after {first * 1000:.0f} ms (wanted: 50), all after {whole:.1f} s")
    print(f"  the server's memory grew by {busy.memory - idle.memory:.1f} MB meanwhile (wanted: 20)")


def download(side: Side) -> tuple[float, float]:
    """Seconds until the first and the last byte of the list."""
    start = time.perf_counter()
    with requests.get(f"{side.url}/api/v1/tickets", stream=True, timeout=600) as response:
        response.raw.read(1)
        first = time.perf_counter() - start
        while response.raw.read(1_000_000):
            pass
    return first, time.perf_counter() - start


if __name__ == "__main__":
    main()
