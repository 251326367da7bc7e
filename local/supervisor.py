"""`make run`: the whole service in the foreground, with servers of its own where none are given."""

import os
import shlex
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from typing import Any

from honcho.manager import Manager

from local.instance import ROOT, Place
from local.postgres import EmbeddedPostgres
from local.server import EmbeddedServer, StackError
from local.valkey import EmbeddedValkey

# What `make dev` watches: a change of a module, a template or a style sheet in one of these folders.
WATCHED = ["access", "contacts", "core", "desk", "tickets", "ticketloop", "webhooks", "gunicorn.conf.py"]
REQUESTED_STOP = {130, 143}  # Honcho's codes for SIGINT and SIGTERM


def run(place: Place, reload: bool = False) -> int:
    """Runs everything until it is told to stop or a part of it ends; returns the exit code."""
    place.require_free_port()
    with ExitStack() as stack:
        stack.enter_context(place.lock())
        servers = start_servers(place, stack)
        given = {name: value for name, value in os.environ.items() if value}
        environment = {**place.defaults(), **given, **servers_environment(servers), "PYTHONUNBUFFERED": "1"}
        account = prepare(environment)
        stack.callback(place.unshare)
        shared = (*place.defaults(), "DATABASE_URL", "REDIS_URL", "BROKER_URL")
        place.share({name: environment[name] for name in shared if name in environment})
        return supervise(place, environment, servers, account, reload)


def prepare(environment: dict[str, str]) -> str:
    """Migrates the database; returns what was said of a first superuser, whose password is told only once."""
    command = [sys.executable, "manage.py", "prepare"]
    prepared = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if prepared.returncode:
        raise StackError("the database could not be prepared; the lines above say why.")
    return prepared.stdout.strip()


def start_servers(place: Place, stack: ExitStack) -> list[EmbeddedServer]:
    """Starts a PostgreSQL and a Valkey where the environment names none; `stack` stops them."""
    servers: list[EmbeddedServer] = []
    if not os.environ.get("DATABASE_URL"):
        servers.append(EmbeddedPostgres(place.data_dir / "postgres"))
    if not os.environ.get("REDIS_URL"):
        servers.append(EmbeddedValkey(place.data_dir / "valkey"))
    for server in servers:
        stack.enter_context(server)
    return servers


def servers_environment(servers: list[EmbeddedServer]) -> dict[str, str]:
    """The variables under which the service finds its own servers."""
    names = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
    return {names[server.name]: server.url for server in servers}


def supervise(
    place: Place, environment: dict[str, str], servers: list[EmbeddedServer], account: str, reload: bool
) -> int:
    """Runs API, worker and beat under Honcho: where one ends, all end."""
    manager = Manager()
    for name, module in commands(place).items():
        command = shlex.join([sys.executable, "-m", *(reloading(module) if reload else module)])
        manager.add_process(name, f"exec {command}", env=environment, cwd=str(ROOT))
    ended: list[str] = []
    for server in servers:
        threading.Thread(target=end_with, args=(server, manager, ended), daemon=True).start()
    threading.Thread(target=welcome, args=(place, environment, account), daemon=True).start()
    manager.loop()
    if ended:
        return 1
    # A part that ends by itself has failed, even where it says that all is well.
    return 0 if manager.returncode in REQUESTED_STOP else manager.returncode or 1


def commands(place: Place) -> dict[str, list[str]]:
    """The service's processes: a name and the arguments of `python -m`."""
    celery = ["celery", "--quiet", "-A", "ticketloop"]
    address = f"[{place.host}]" if ":" in place.host else place.host
    return {
        "web": ["gunicorn", "ticketloop.wsgi:application", "--bind", f"{address}:{place.port}"],
        # A worker has nothing to say to its neighbours: the database shares out the work.
        "worker": [*celery, "worker", "-l", "info", "--concurrency", "2", "--without-mingle", "--without-gossip"],
        "beat": [*celery, "beat", "--schedule", str(place.data_dir / "beat-schedule")],
    }


def reloading(module: list[str]) -> list[str]:
    """The same under watchfiles, which starts it again at each change."""
    command = shlex.join([sys.executable, "-m", *module])
    return ["watchfiles", "--target-type", "command", "--sigint-timeout", "10", command, *WATCHED]


def end_with(server: EmbeddedServer, manager: Any, ended: list[str]) -> None:
    """Ends everything when an embedded server ends by itself."""
    process = server.process
    code = process.wait() if process else None
    if server.process is not None:  # `stop` was not called
        ended.append(server.name)
        print(f"{server.name} ended by itself with exit code {code}; see {server.log}", flush=True)
        manager.terminate()


def welcome(place: Place, environment: dict[str, str], account: str) -> None:
    """Tells the user what to try, once the service answers."""
    while not _answers(place.url):
        time.sleep(0.1)
    ticket = '{"full_name": "Ada Lovelace", "email": "ada@example.com", "issue_description": "It is broken."}'
    webhook = environment.get("WEBHOOK_URL") or "none (set WEBHOOK_URL)"
    user = environment.get("ADMIN_USERNAME") or "admin"
    account = account or f'user {user}; `make manage ARGS="changepassword {user}"` sets a new password'
    print(
        f"""
Ticket Loop is running. Ctrl-C stops it.

  Support desk   {place.url}/admin/
                 {account}
  API docs       {place.url}/docs  {place.url}/redoc  {place.url}/openapi.json
  Health         {place.url}/health
  Webhooks to    {webhook}
  Data and logs  {place.data_dir}

Open a ticket:

  curl {place.url}/api/v1/tickets -H 'Content-Type: application/json' -d '{ticket}'
""",
        flush=True,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310 - our own URL
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
