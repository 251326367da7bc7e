"""An invalid environment ends every command with one line per error, never with a traceback."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.processes import ROOT

GOOD = {
    "SECRET_KEY": "kJ8w-0123456789-abcdefghij-ABCDEFGHIJ-klmnopqrst-KLMNOPQRST",
    "DATABASE_URL": "postgres://ticketloop:secret@127.0.0.1:5432/ticketloop",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}


pytestmark = pytest.mark.slow  # every test starts a process


def manage(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    basic = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**basic, **GOOD, **environment},
        capture_output=True,
        text=True,
    )


MISTAKES = {
    "SECRET_KEY": ["", "short", "insecure-0123456789-0123456789-0123456789-0123456789"],
    "DATABASE_URL": ["", "mysql://user@host/name", "postgres://user@host", "nonsense"],
    "REDIS_URL": ["", "http://host"],
    "BROKER_URL": ["http://host", "amqp://host:port//"],
    "DEBUG": ["maybe"],
    "HTTPS_ONLY": ["2"],
    "API_ACCESS": ["everybody"],
    "THROTTLE_ADDRESS": ["60", "0/minute"],
    "THROTTLE_KEY": ["60/fortnight"],
    "TRUSTED_PROXY_COUNT": ["-1", "one"],
    "CORS_ALLOWED_ORIGINS": ["shop.example.com", "https://shop.example.com/"],
    "CSRF_TRUSTED_ORIGINS": ["desk.example.com"],
    "WEBHOOK_URL": ["ftp://example.com", "https://", "https://example.com:port/"],
    "WEBHOOK_SECRET": ["whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    "WEBHOOK_ALLOWED_NETWORKS": ["10.0.0.1/8", "intranet"],
    "WEBHOOK_TIMEOUT": ["0", "soon"],
    "WEBHOOK_CA_BUNDLE": ["/no/such/file", "pytest.ini"],
    "SSL_CERT_FILE": ["/no/such/file", "/"],
    "DATABASE_POOL_SIZE": ["0", "many"],
    "ADMIN_EMAIL": ["not an address", "ops@example.com, boss"],
    "LOG_LEVEL": ["loud"],
    "LOG_FORMAT": ["xml"],
    "METRICS_TOKEN": ["short", "with a space in it"],
}


@pytest.mark.parametrize("turn", range(max(map(len, MISTAKES.values()))))
def test_each_mistake_is_one_line_that_names_its_variable(turn: int) -> None:
    """Every variable's first mistake at once, every second one, and so on: to start takes most of the time."""
    mistakes = {name: values[turn] for name, values in MISTAKES.items() if turn < len(values)}
    result = manage("check", **mistakes)
    assert result.returncode == 1
    line = r"Ticket Loop cannot start: (\w+) is (?:not set|malformed): it must be .+\."
    named = [match and match[1] for match in (re.fullmatch(line, each) for each in result.stderr.splitlines())]
    assert sorted(map(str, named)) == sorted(mistakes)


def test_every_mistake_is_told_at_once() -> None:
    result = manage("check", SECRET_KEY="", API_ACCESS="everybody", WEBHOOK_URL="nowhere")
    lines = result.stderr.splitlines()
    assert [line.split()[4] for line in lines] == ["SECRET_KEY", "API_ACCESS", "WEBHOOK_URL"]


def test_a_good_environment_passes_the_checks_for_production() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING")
    assert (result.returncode, result.stderr) == (0, "")


def test_the_key_may_be_missing_only_while_debugging() -> None:
    assert manage("check", SECRET_KEY="", DEBUG="on").returncode == 0


def test_redis_may_be_missing_where_rabbitmq_is_the_broker_and_nothing_is_limited() -> None:
    rabbitmq = {"REDIS_URL": "", "BROKER_URL": "amqp://ticketloop:secret@127.0.0.1//"}
    assert manage("check", **rabbitmq).returncode == 0
    limited = manage("check", **rabbitmq, THROTTLE_KEY="600/minute")
    assert (limited.returncode, limited.stderr.split()[4:8]) == (1, ["REDIS_URL", "is", "not", "set:"])


def test_the_sample_documents_every_variable() -> None:
    tree = ast.parse((ROOT / "ticketloop" / "settings.py").read_text())
    read = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant)
        if isinstance(call.args[0].value, str) and re.fullmatch("[A-Z_]{4,}", call.args[0].value)
    }
    documented = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.sample").read_text(), re.MULTILINE))
    assert len(read) > 10
    assert read <= documented
