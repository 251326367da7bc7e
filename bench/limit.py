"""Upper limit of creates: pgbench executes the statement on PostgreSQL, without the service."""

import os
import subprocess

import django

from bench.load import CONNECTIONS
from bench.stack import Stack
from local.postgres import BINARIES, without_password


def pgbench(stack: Stack, seconds: int) -> float:
    """Creates per second, each with a new contact."""
    os.environ.update(stack.environment)
    django.setup()
    from tickets.sql import OPEN_ANONYMOUSLY  # after the settings

    values = {
        "email": "'limit' || :client_id || '-' || :number || '@example.com'",
        "full_name": "'Ada Lovelace'",
        "issue_description": "repeat('The printer on the second floor says PC LOAD LETTER. ', 3)",
        "actor": "''",
        "request_id": "''",
    }
    script = stack.folder / "create.sql"
    statement = OPEN_ANONYMOUSLY % values
    # pgbench reads a colon and a letter as a variable, even in a literal.
    statement = statement.replace("HH24:MI:SS", "HH24:' || 'MI:' || 'SS")
    script.write_text("\\set number random(1, 9000000000000000)\n" + " ".join(statement.split()) + ";\n")
    command = [str(BINARIES / "pgbench"), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1"]
    database, password = without_password(stack.postgres.url)
    command += ["-T", str(seconds), "-f", str(script), database]
    result = subprocess.run(command, env={**os.environ, **password}, capture_output=True, text=True, check=True)
    line = next(line for line in result.stdout.splitlines() if line.startswith("tps = "))
    return float(line.split()[2])
