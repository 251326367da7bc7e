"""The PostgreSQL of `make run` and of the tests gives the service no more rights than it needs."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from local.instance import Instance
from tests.processes import ROOT
from tests.servers import POSTGRES


def test_the_service_can_neither_read_files_nor_start_programs() -> None:
    for forbidden in ("SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'cat'"):
        with psycopg.connect(POSTGRES.url) as service, pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute(forbidden)


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_the_server_runs_as_an_ordinary_user_without_capabilities() -> None:
    assert POSTGRES.process
    lines = Path(f"/proc/{POSTGRES.process.pid}/status").read_text().splitlines()
    status = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    assert "0" not in status["Uid"]
    assert {int(status[name][0], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}


def test_the_prompt_works_and_its_command_line_has_no_password(tmp_path: Path) -> None:
    instance = Instance("127.0.0.1", 8000, tmp_path)
    instance.write_environment({"DATABASE_URL": POSTGRES.url})
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "local",
            "psql",
            "-c",
            "SELECT 'user: ' || current_user",
            "-c",
            r"\! tr '\0' ' ' < /proc/$PPID/cmdline",
        ],
        cwd=ROOT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "user: ticketloop" in result.stdout
    assert "psql" in result.stdout
    assert str(urlsplit(POSTGRES.url).password) not in result.stdout
