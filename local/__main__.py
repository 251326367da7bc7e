"""`python -m local run [--reload]`, `… manage COMMAND`, `… psql`; see the Makefile."""

import os
import signal
import sys

from local.instance import ROOT, Instance
from local.postgres import BINARIES, without_password
from local.server import StackError
from local.supervisor import run

USAGE = "usage: python -m local run [--reload] | manage ARGUMENTS… | psql"


def main(arguments: list[str]) -> int:
    """Runs one command; returns its exit code."""
    command, *rest = arguments or [""]
    instance = Instance.from_environment()
    if command == "run" and rest in ([], ["--reload"]):
        return run(instance, reload=bool(rest))
    if command == "manage":
        return replace_by([sys.executable, "manage.py", *rest], instance.environment())
    if command == "psql":
        environment = instance.environment()
        database, password = without_password(environment["DATABASE_URL"])
        return replace_by([str(BINARIES / "psql"), database, *rest], {**environment, **password})
    raise StackError(USAGE)


def replace_by(command: list[str], environment: dict[str, str]) -> int:
    """Replaces this process by the command (exec), which thus gets signals and the terminal."""
    os.chdir(ROOT)
    os.execve(command[0], command, environment)


def stop(number: int, frame: object) -> None:
    """SIGTERM handler during start-up: exits through the context managers that stop the servers."""
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    try:
        sys.exit(main(sys.argv[1:]))
    except StackError as error:
        sys.exit(f"Ticket Loop: {error}")
    except KeyboardInterrupt:
        sys.exit(0)
