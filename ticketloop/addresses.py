"""Parsers of settings that are host names, origins or URLs of servers; errors as in `ticketloop.environment`."""

import re
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import environ
from django.core.exceptions import ValidationError
from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

from ticketloop.environment import comma_separated, one_of, whole_number

LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
HOST_NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
# What ends the user name and password of a URL, or begins an escape sequence.
NOT_ENCODED = re.compile(r"[/?#@\[\]]|%(?![0-9a-fA-F]{2})")
ENCODE = "Percent-encode these in its user name and password: %2F for /, %3F for ?, %23 for #, %40 for @, %25 for %."
# Those that are often mistyped, and that PostgreSQL's client library looks at no sooner than it connects.
POSTGRESQL_OPTIONS: dict[str, Callable[[str], Any]] = {
    "sslmode": one_of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "connect_timeout": whole_number(0, 3600),
}
# Not django-environ's `smtps`, which is STARTTLS there and TLS from the start elsewhere.
EMAIL_SCHEMES = {"smtp", "smtp+tls", "smtp+ssl", "consolemail", "filemail", "memorymail", "dummymail"}


def hosts(text: str) -> list[str]:
    """Django's ALLOWED_HOSTS from a comma-separated list: names, addresses, `.example.com` with its subdomains, `*`."""
    return [each if each == "*" else _host_or_domain(each) for each in comma_separated(text)]


def _host_or_domain(text: str) -> str:
    return f".{_host(text[1:])}" if text.startswith(".") else _host(text)


def _host(text: str) -> str:
    """A host name or IP address as it stands in a URL; IPv6 gets its brackets."""
    if HOST_NAME.fullmatch(text):
        return text
    return f"[{IPv6Address(text.removeprefix('[').removesuffix(']'))}]"


def cors_origins(text: str) -> list[str]:
    """Web origins (scheme, host and port alone) from a comma-separated list; `*` for all."""
    return [each if each == "*" else _origin(each) for each in comma_separated(text)]


def csrf_origins(text: str) -> list[str]:
    """Web origins from a comma-separated list; `https://*.example.com` for all subdomains."""
    for each in comma_separated(text):
        _origin(each.replace("://*.", "://", 1))
    return [each.lower() for each in comma_separated(text)]


def _origin(text: str) -> str:
    """An origin as browsers send it: in lower case, without the default port."""
    parts = _split(text, "http", "https")
    _host(parts.hostname or "")
    if "@" in text or text.lower() != f"{parts.scheme}://{parts.netloc.lower()}":
        raise ValueError(text)
    if parts.port == DEFAULT_PORTS[parts.scheme]:
        raise ValueError(text)
    return text.lower()


def _split(text: str, *schemes: str) -> SplitResult:
    """The parts of a URL with one of these schemes, no spaces and a port that can be."""
    parts = urlsplit(text)
    begins_right = text.startswith(tuple(f"{scheme}://" for scheme in schemes))
    if not begins_right or not text.isprintable() or set(" #") & set(text) or parts.port == 0:
        raise ValueError(text)
    return parts


def _server(text: str, *schemes: str) -> SplitResult:
    """The parts of a server's URL, whose user name and password are percent-encoded."""
    credentials = text.partition("://")[2].rpartition("@")[0]
    if NOT_ENCODED.search(credentials):
        raise ValidationError(ENCODE)
    parts = _split(text, *schemes)
    if not parts.hostname:
        raise ValueError(text)
    return parts


def redis(text: str) -> str:
    """The URL of a Redis database: `redis://` or, with TLS, `rediss://`."""
    parts = _server(text, "redis", "rediss")
    if not re.fullmatch("/?|/[0-9]+", parts.path) or (parts.username and not parts.password):
        raise ValueError(text)
    return text


def broker(text: str) -> str:
    """The URL of a RabbitMQ (`amqp://`, with TLS `amqps://`) or Redis."""
    if text.startswith("redis"):
        return redis(text)
    _server(text, "amqp", "amqps")
    return text


def postgresql(text: str) -> dict[str, Any]:
    """Django's database settings from `postgres://user:password@host:port/name?sslmode=require` and the like."""
    parts = _server(text, "postgres", "postgresql")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        make_conninfo("", **options)
    except ProgrammingError:  # an option that libpq does not know
        raise ValueError(text) from None
    for name in POSTGRESQL_OPTIONS.keys() & options.keys():
        POSTGRESQL_OPTIONS[name](options[name])
    if not re.fullmatch("/[^/]+", parts.path):
        raise ValueError(text)
    return {"OPTIONS": {}, **environ.Env.db_url_config(text)}


def email(text: str) -> dict[str, Any]:
    """Django's mail settings from `smtp+tls://user:password@host:port` and the like."""
    if text.startswith("smtp"):
        parts = _server(text, *EMAIL_SCHEMES)
        # Django signs in only with both.
        complete = bool(parts.username) == bool(parts.password) and parts.path in {"", "/"}
    else:
        parts = _split(text, *EMAIL_SCHEMES)
        complete = parts.scheme != "filemail" or bool(parts.path.strip("/"))
    if parts.query or not complete:
        raise ValueError(text)
    return dict(environ.Env.email_url_config(text))
