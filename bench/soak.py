"""`make soak`: steady load for MINUTES; nothing may grow that need not.

Tickets are opened and resolved, lists and pages of the desk are read, webhooks go to a healthy receiver, a slow one, a
flapping one and one that is closed. Memory, connections and bytes for each row at the end are compared with those after
the first third.
"""

import itertools
import os
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import psutil
import psycopg
import requests

from bench.desk import Desk
from bench.sink import Sink
from bench.stack import Stack, running

MINUTES = float(os.environ.get("MINUTES") or 20)
RATE = 10  # tickets per second
SAMPLE = 5.0  # seconds
WANTED = 1.05
ROOM = 128  # kB by which a small table may vary: it is vacuumed once a minute at most
WARM_UP = 64  # requests at once, so that every thread has its connection from the start
USERNAME, PASSWORD = "ada", "only-for-benchmarks"
PAGES = ("/admin/", "/admin/tickets/ticket/", "/admin/contacts/contact/", "/admin/webhooks/delivery/")
MANY = 1000  # rows from which on bytes for each row are compared, not the size of the table

SIZES = """
SELECT relname, n_live_tup, pg_total_relation_size(relid)
FROM pg_stat_user_tables ORDER BY relname
"""


@dataclass
class Load:
    """Threads that repeat an action until they are stopped, and the statuses of the answers."""

    stopped: threading.Event = field(default_factory=threading.Event)
    answers: Counter[str] = field(default_factory=Counter)
    threads: list[threading.Thread] = field(default_factory=list)

    def repeat(self, pause: float, action: Callable[[], object]) -> None:
        """Starts a thread that acts every `pause` seconds."""

        def run() -> None:
            while not self.stopped.wait(pause):
                try:
                    self.answers[f"{action()}"] += 1
                except requests.RequestException as error:
                    self.answers[type(error).__name__] += 1

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def main() -> None:
    print(f"{MINUTES:g} minutes, {RATE} tickets per second, on {os.cpu_count()} cores")
    with running() as stack, Sink() as sink:
        stack.environment |= {
            "WEBHOOK_URL": f"{sink.url}/healthy",
            "WEBHOOK_TIMEOUT": "5",
            "ADMIN_USERNAME": USERNAME,
            "ADMIN_PASSWORD": PASSWORD,
            "METRICS_TOKEN": "only-for-benchmarks",
        }
        stack.manage("prepare")
        stack.add_receivers([f"{sink.url}/slow/1", f"{sink.url}/flap", "http://127.0.0.1:1/closed"], ["ticket.created"])
        service, worker, beat = stack.start_service(), stack.start_worker(), stack.start_beat()
        pids = {"api": service.process.pid, "worker": worker.process.pid, "beat": beat.process.pid}
        load = Load()
        begin(load, service.url)
        samples = observe(stack, pids)
        load.stop()
    print("answers: " + ", ".join(f"{count:,} {status}" for status, count in sorted(load.answers.items())))
    raise SystemExit(compare(samples))


def begin(load: Load, url: str) -> None:
    """Starts the clients."""
    api, desk, numbers = requests.Session(), Desk.sign_in(url, USERNAME, PASSWORD), itertools.count()

    def open_and_resolve() -> int:
        number = next(numbers)
        ticket = {
            "full_name": "Ada",
            "email": f"{number % 5000}@example.com",
            "issue_description": "It is broken. " * 9,
        }
        response = api.post(f"{url}/api/v1/tickets", json=ticket, timeout=30)
        if number % 2 and response.status_code == 201:
            api.patch(f"{url}{response.headers['Location']}/resolve", timeout=30)
        return response.status_code

    with ThreadPoolExecutor(WARM_UP) as pool:
        list(pool.map(lambda number: requests.get(f"{url}/api/v1/tickets?limit=1", timeout=30), range(4 * WARM_UP)))
    load.repeat(1 / RATE, open_and_resolve)
    load.repeat(1, lambda: requests.get(f"{url}/api/v1/tickets?limit=100&ordering=-id", timeout=30).status_code)
    load.repeat(30, lambda: requests.get(f"{url}/api/v1/tickets", timeout=30).status_code)
    load.repeat(5, lambda: requests.get(f"{url}/health", timeout=30).status_code)
    pages = itertools.cycle(PAGES)
    load.repeat(2, lambda: desk.session.get(url + next(pages), timeout=30).status_code)


def observe(stack: Stack, pids: dict[str, int]) -> list[dict[str, float]]:
    """Samples every SAMPLE seconds, for MINUTES."""
    database, samples = stack.connect(), []
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() < end:
        time.sleep(SAMPLE)
        samples.append({**memory(pids), **connections(database), **bytes_per_row(database)})
    return samples


def memory(pids: dict[str, int]) -> dict[str, float]:
    """Megabytes of each process with its children, shared pages counted in part (PSS)."""
    found = {}
    for name, pid in pids.items():
        parent = psutil.Process(pid)
        tree = [parent, *parent.children(recursive=True)]
        found[f"memory of {name}, MB"] = sum(each.memory_full_info().pss for each in tree) / 2**20
    return found


def connections(database: psycopg.Connection) -> dict[str, float]:
    row = database.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ticketloop'").fetchone()
    assert row  # noqa: S101 -- a count
    return {"connections to PostgreSQL": row[0]}


def bytes_per_row(database: psycopg.Connection) -> dict[str, float]:
    """Of tables that grow with what is stored; of the others the size in kB. Indexes are included."""
    rows = database.execute(SIZES).fetchall()
    return {
        f"{name}, {'bytes per row' if count >= MANY else 'kB'}": size / count if count >= MANY else size / 1024
        for name, count, size in rows
    }


def compare(samples: list[dict[str, float]]) -> int:
    """Prints the medians around a third and at the end; 1 if anything grew by more than WANTED."""
    width = max(len(samples) // 10, 1)
    third, last = samples[len(samples) // 3 :][:width], samples[-width:]
    grown = False
    wanted = f"(wanted: at most {WANTED}; small tables may vary by {ROOM} kB)"
    print(f"{'':<50}{'after a third':>14}{'at the end':>12}{'ratio':>8}  {wanted}")
    for name in last[-1]:
        before, after = ([each[name] for each in part if name in each] for part in (third, last))
        if not before:
            continue
        first, final = statistics.median(before), statistics.median(after)
        grown |= final > first * WANTED and not (name.endswith(", kB") and final - first <= ROOM)
        print(f"{name:<50}{first:>14,.1f}{final:>12,.1f}{final / (first or 1):>8.2f}")
    return int(grown)


if __name__ == "__main__":
    main()
