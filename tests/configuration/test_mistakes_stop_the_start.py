"""A bad environment ends every command with one line for each mistake, never with a traceback."""

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


def manage(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    basic = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**basic, **GOOD, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "insecure-0123456789-0123456789-0123456789-0123456789"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://user@host/name"),
        ("DATABASE_URL", "postgres://user@host"),
        ("DATABASE_URL", "nonsense"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "http://host"),
        ("BROKER_URL", "http://host"),
        ("BROKER_URL", "amqp://host:port//"),
        ("DEBUG", "maybe"),
        ("HTTPS_ONLY", "2"),
        ("API_ACCESS", "everybody"),
        ("THROTTLE_ADDRESS", "60"),
        ("THROTTLE_ADDRESS", "0/minute"),
        ("THROTTLE_KEY", "60/fortnight"),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("TRUSTED_PROXY_COUNT", "one"),
        ("CORS_ALLOWED_ORIGINS", "shop.example.com"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example.com/"),
        ("CSRF_TRUSTED_ORIGINS", "desk.example.com"),
        ("WEBHOOK_URL", "ftp://example.com"),
        ("WEBHOOK_URL", "https://"),
        ("WEBHOOK_URL", "https://example.com:port/"),
        ("WEBHOOK_SECRET", "whsec_short"),
        ("WEBHOOK_SECRET", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("WEBHOOK_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("WEBHOOK_ALLOWED_NETWORKS", "intranet"),
        ("WEBHOOK_TIMEOUT", "0"),
        ("WEBHOOK_TIMEOUT", "soon"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("METRICS_TOKEN", "short"),
        ("METRICS_TOKEN", "with a space in it"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_variable(name: str, value: str) -> None:
    result = manage("check", **{name: value})
    assert result.returncode == 1
    assert re.fullmatch(rf"Ticket Loop cannot start: {name} is (not set|malformed): it must be .+\.\n", result.stderr)


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
