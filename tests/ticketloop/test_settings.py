"""An invalid environment ends every command with one line per error, never with a traceback."""

import ast
import os
import re
import subprocess
import sys
from urllib.parse import quote

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
    "DATABASE_URL": [
        "",
        *("mysql://user@host/name", "postgres://user@host", "postgres://user@host/", "nonsense", "postgres:///name"),
        *("postgres://user@host:0/name", "postgres://user@host:99999/name", "postgres://user@host:54x/name"),
        *("postgres://user@host/name?sslmode=yes", "postgres://user@host/name?ssl=on"),
        *("postgres://user@host/name?connect_timeout=5s", "postgres://user@host/name#x", "postgres://user@host/name/"),
        *("postgres://user:1@2@host/name", "postgres://user:1%zz@host/name", "postgres://user:1[2@host/name"),
    ],
    "REDIS_URL": [
        *("", "http://host", "redis://host:6379/zero", "redis://host:70000/0", "redis://host/0/1", "redis://host 1/0"),
        *("redis://secret@host:6379/0", "host:6379", "unix:///run/redis.sock"),
    ],
    "BROKER_URL": [
        *("http://host", "amqp://host:port//", "redis://host/zero", "amqp://", "AMQP://host", "amqp://host:5672/a#b"),
    ],
    "DEBUG": ["maybe"],
    "HTTPS_ONLY": ["2"],
    "HSTS_SUBDOMAINS": ["all"],
    "ALLOWED_HOSTS": [
        *("https://desk.example.com", "desk.example.com:8000", "desk.example.com/", "a.example.com b.example.com"),
        *("*.example.com", "desk_1.example.com", "bücher.example", "desk.example.com.", "good.example.com, .", "[::g]"),
    ],
    "API_ACCESS": ["everybody"],
    "THROTTLE_ADDRESS": ["60", "0/minute"],
    "THROTTLE_KEY": ["60/fortnight"],
    "TRUSTED_PROXY_COUNT": ["-1", "one", "1_0", "11"],
    "CORS_ALLOWED_ORIGINS": [
        *("shop.example.com", "https://shop.example.com/", "https://*.example.com", "https://shop.example.com:443"),
        *("https://me@shop.example.com", "https://shop.example.com, http://", "*.example.com", "https://shop example"),
    ],
    "CSRF_TRUSTED_ORIGINS": [
        *("desk.example.com", "https://desk.example.com/", "https://desk.example.com/admin/", "*", "https://*"),
        *("https://desk.example.com:443", "ftp://desk.example.com", "https://desk.example.com https://b.example.com"),
    ],
    "WEBHOOK_URL": [
        *("ftp://example.com", "https://", "https://example.com:port/", "https://me:secret@example.com/"),
        *("http://10.0.0.1/hook", "http://localhost:9000", "https://example.com/#part", "https://example.com/a b"),
        "example.com/hook",
    ],
    "WEBHOOK_SECRET": ["whsec_short", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    "WEBHOOK_ALLOWED_NETWORKS": ["10.0.0.1/8", "intranet"],
    "WEBHOOK_TIMEOUT": ["0", "soon", "10s", "1e1", "nan", "61", "5,5"],
    "WEBHOOK_RETENTION_DAYS": ["0", "a month", "-1"],
    "WEBHOOK_CA_BUNDLE": ["/no/such/file", "pytest.ini"],
    "SSL_CERT_FILE": ["/no/such/file", "/"],
    "ENCRYPTION_KEYS": ["short"],
    "DATABASE_POOL_SIZE": ["0", "many", "8.5"],
    "ADMIN_USERNAME": ["a user", "x" * 151],
    "ADMIN_EMAIL": ["not an address", "ops@example.com, boss"],
    "EMAIL_URL": [
        *(
            "mail.example.com",
            "smtp://",
            "smtp://host:port",
            "smtps://host:465",
            "smtp+tls://user@host",
            "smtp://host/x",
        ),
        *("smtp://host?timeout=5", "filemail://", "pigeon://host"),
    ],
    "EMAIL_FROM": ["Ticket Loop", "desk@", "desk@example.com, ops@example.com", "desk@example.com>", "a b@example.com"],
    "WEB_CONCURRENCY": ["0", "two", "1.5"],
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
    line = r"Ticket Loop cannot start: (\w+) is (?:not set|malformed): .+\."
    named = [match and match[1] for match in (re.fullmatch(line, each) for each in result.stderr.splitlines())]
    assert sorted(map(str, named)) == sorted(mistakes)


def test_a_password_that_is_not_percent_encoded_is_told_so() -> None:
    urls = {
        "DATABASE_URL": ("postgres://user:{}@host:5432/name", "12/zz"),
        "BROKER_URL": ("amqp://user:{}@host:5672//", "12#zz"),
        "REDIS_URL": ("redis://:{}@host:6379/0", "12?zz"),
        "EMAIL_URL": ("smtp+tls://user:{}@host:587", "12@zz"),
    }
    raw = manage("check", **{name: url.format(password) for name, (url, password) in urls.items()})
    lines = raw.stderr.splitlines()
    assert [line.split()[4] for line in lines] == list(urls)
    assert all("Percent-encode these in its user name and password" in line for line in lines)
    assert "zz" not in raw.stderr
    encoded = manage("check", **{name: url.format(quote(password, safe="")) for name, (url, password) in urls.items()})
    assert (encoded.returncode, encoded.stderr) == (0, "")


def test_a_receiver_that_the_desk_would_refuse_is_told_in_its_words() -> None:
    (line,) = manage("check", WEBHOOK_URL="http://10.0.0.1/hook").stderr.splitlines()
    assert "WEBHOOK_URL is malformed: 10.0.0.1 is not a public address." in line
    assert manage("check", WEBHOOK_URL="http://10.0.0.1/hook", WEBHOOK_ALLOWED_NETWORKS="10.0.0.0/8").returncode == 0


def test_what_people_type_and_is_right_is_taken() -> None:
    result = manage(
        "check",
        ALLOWED_HOSTS="desk.example.com, .Example.org, 10.0.0.7, ::1, [2001:db8::1], *",
        CSRF_TRUSTED_ORIGINS="https://Desk.example.com,https://*.example.org,http://127.0.0.1:8000,http://[::1]:8000",
        CORS_ALLOWED_ORIGINS="https://shop.example.com:8443, *",
        DATABASE_URL="postgresql://user:secret@db_1:5432/name?sslmode=verify-full&connect_timeout=9",
        REDIS_URL="rediss://user:secret@cache_1:6380/3?ssl_cert_reqs=none",
        BROKER_URL="amqps://user:secret@host/vhost",
        EMAIL_FROM="Ticket Loop <ticketloop@localhost>",
        EMAIL_URL="smtp+ssl://user:secret@mail.example.com:465",
        WEBHOOK_TIMEOUT="7.5",
        HSTS_SUBDOMAINS="preload",
        WEB_CONCURRENCY="",
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_a_value_that_begins_with_a_dollar_sign_is_taken_as_it_is() -> None:
    print_password = "from django.conf import settings; print(settings.ADMIN_PASSWORD)"
    assert manage("shell", "--no-imports", "-c", print_password, ADMIN_PASSWORD="$ecret").stdout == "$ecret\n"


@pytest.mark.parametrize(
    ("chosen", "header"),
    [
        ("", "max-age=31536000"),
        ("on", "max-age=31536000; includeSubDomains"),
        ("preload", "max-age=31536000; includeSubDomains; preload"),
    ],
)
def test_hsts_covers_other_names_only_if_the_operator_says_so(chosen: str, header: str) -> None:
    request = "Client().get('/', headers={'host': 'localhost', 'x-forwarded-proto': 'https'})"
    code = f"from django.test import Client; print({request}.headers['Strict-Transport-Security'])"
    assert manage("shell", "--no-imports", "-c", code, HSTS_SUBDOMAINS=chosen).stdout == f"{header}\n"


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
