"""`make run`: the whole service in the foreground, with embedded servers unless the environment names others."""

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

from local.instance import ROOT, Instance
from local.postgres import EmbeddedPostgres
from local.server import EmbeddedServer, StackError
from local.valkey import EmbeddedValkey

# What `make dev` watches: a change of a module, a template or a style sheet in one of these folders.
WATCHED = ["access", "contacts", "core", "desk", "tickets", "ticketloop", "webhooks", "gunicorn.conf.py"]
# The worker has more threads than PostgreSQL has connections.
POOL = {"DATABASE_POOL_SIZE": "8"}
REQUESTED_STOP = {130, 143}  # exit codes of Honcho after SIGINT and SIGTERM


def run(instance: Instance, reload: bool = False) -> int:
    """Runs everything until it is stopped or a process ends; returns the exit code."""
    instance.require_free_port()
    with ExitStack() as stack:
        stack.enter_context(instance.lock())
        servers = start_servers(instance, stack)
        given = {name: value for name, value in os.environ.items() if value}
        environment = {**instance.defaults(), **given, **servers_environment(servers), "PYTHONUNBUFFERED": "1"}
        account = prepare(environment)
        stack.callback(instance.remove_environment)
        shared = (*instance.defaults(), "DATABASE_URL", "REDIS_URL", "BROKER_URL")
        instance.write_environment({name: environment[name] for name in shared if name in environment})
        return supervise(instance, environment, servers, account, reload)


def prepare(environment: dict[str, str]) -> str:
    """Runs `manage.py prepare`; returns its output, which shows a new superuser's password only once."""
    command = [sys.executable, "manage.py", "prepare"]
    prepared = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if prepared.returncode:
        raise StackError("the database could not be prepared; the lines above say why.")
    return prepared.stdout.strip()


def start_servers(instance: Instance, stack: ExitStack) -> list[EmbeddedServer]:
    """Starts PostgreSQL and Valkey unless the environment names others; `stack` stops them."""
    servers: list[EmbeddedServer] = []
    if not os.environ.get("DATABASE_URL"):
        servers.append(EmbeddedPostgres(instance.data_dir / "postgres"))
    if not os.environ.get("REDIS_URL"):
        servers.append(EmbeddedValkey(instance.data_dir / "valkey"))
    for server in servers:
        stack.enter_context(server)
    return servers


def servers_environment(servers: list[EmbeddedServer]) -> dict[str, str]:
    """Environment variables with the URLs of embedded servers."""
    names = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL"}
    return {names[server.name]: server.url for server in servers}


def supervise(
    instance: Instance, environment: dict[str, str], servers: list[EmbeddedServer], account: str, reload: bool
) -> int:
    """Runs API, worker and beat under Honcho; when one ends, all are stopped."""
    manager = Manager()
    for name, module in commands(instance).items():
        command = shlex.join([sys.executable, "-m", *(reloading(module) if reload else module)])
        own = {**POOL, **environment} if name == "worker" else environment
        manager.add_process(name, f"exec {command}", env=own, cwd=str(ROOT))
    ended: list[str] = []
    for server in servers:
        threading.Thread(target=end_with, args=(server, manager, ended), daemon=True).start()
    threading.Thread(target=welcome, args=(instance, environment, account), daemon=True).start()
    manager.loop()
    if ended:
        return 1
    # A process that ends by itself has failed, even with exit code 0.
    return 0 if manager.returncode in REQUESTED_STOP else manager.returncode or 1


def commands(instance: Instance) -> dict[str, list[str]]:
    """The service's processes: name and arguments of `python -m`."""
    celery = ["celery", "--quiet", "-A", "ticketloop"]
    address = f"[{instance.host}]" if ":" in instance.host else instance.host
    return {
        "web": ["gunicorn", "ticketloop.wsgi:application", "--bind", f"{address}:{instance.port}"],
        # Workers need not talk to each other: the database distributes the work.
        "worker": [*celery, "worker", "-l", "info", "--without-mingle", "--without-gossip"],
        "beat": [*celery, "beat", "--schedule", str(instance.data_dir / "beat-schedule")],
    }


def reloading(module: list[str]) -> list[str]:
    """The same under watchfiles, which starts it again at each change."""
    command = shlex.join([sys.executable, "-m", *module])
    return ["watchfiles", "--target-type", "command", "--sigint-timeout", "10", command, *WATCHED]


def end_with(server: EmbeddedServer, manager: Any, ended: list[str]) -> None:
    """Stops everything when an embedded server ends by itself."""
    process = server.process
    code = process.wait() if process else None
    if server.process is not None:  # `stop` was not called
        ended.append(server.name)
        print(f"{server.name} ended by itself with exit code {code}; see {server.log}", flush=True)
        manager.terminate()


def welcome(instance: Instance, environment: dict[str, str], account: str) -> None:
    """Prints addresses and an example once the service answers."""
    while not _answers(instance.url):
        time.sleep(0.1)
    ticket = '{"full_name": "Ada Lovelace", "email": "ada@example.com", "issue_description": "It is broken."}'
    webhook = environment.get("WEBHOOK_URL") or "none (set WEBHOOK_URL)"
    user = environment.get("ADMIN_USERNAME") or "admin"
    account = account or f'user {user}; `make manage ARGS="changepassword {user}"` sets a new password'
    print(
        f"""
Ticket Loop is running. Ctrl-C stops it.

  Support desk   {instance.url}/admin/
                 {account}
  API docs       {instance.url}/docs  {instance.url}/redoc  {instance.url}/openapi.json
  Health         {instance.url}/health
  Webhooks to    {webhook}
  Data and logs  {instance.data_dir}

Open a ticket:

  curl {instance.url}/api/v1/tickets -H 'Content-Type: application/json' -d '{ticket}'
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
