"""Parses settings from the environment and collects all errors, so that the operator sees them at once."""

import base64
import os
import re
import ssl
import sys
from collections.abc import Callable
from email.utils import getaddresses
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeVar

from cryptography.fernet import Fernet
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from email_validator import validate_email
from limits import RateLimitItem
from limits import parse as parse_rate

T = TypeVar("T")
Network = IPv4Network | IPv6Network

WHOLE = re.compile("[0-9]{1,9}")
DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
RATE = re.compile("[1-9][0-9]{0,8}/(?:second|minute|hour|day)")


class Configuration:
    """Reads variables one by one; `exit_on_errors` ends the process with one line for each invalid one."""

    def __init__(self) -> None:
        self.errors: list[str] = []

    def read(self, name: str, parse: Callable[[str], T], default: T, expected: str) -> T:
        """The parsed value of variable `name`, or `default` where it is unset or empty.

        `parse` raises ValueError for an invalid value, and `expected` then says what is allowed; or ValidationError,
        whose own message does.
        """
        # Not with django-environ's `Env.str`, which takes a value that begins with `$` for another variable's name.
        text = os.environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            self.errors.append(f"{name} is malformed: it must be {expected}.")
        except ValidationError as error:
            self.errors.append(f"{name} is malformed: {' '.join(error.messages)}")
        return default

    def require(self, name: str, parse: Callable[[str], T], default: T, expected: str) -> T:
        """As `read`, but an unset variable is an error."""
        if not os.environ.get(name, "").strip():
            self.errors.append(f"{name} is not set: it must be {expected}.")
        return self.read(name, parse, default, expected)

    def exit_on_errors(self) -> None:
        """Ends the process with exit code 1 and one line for each error, if there are any."""
        if self.errors:
            sys.exit("\n".join(f"Ticket Loop cannot start: {error}" for error in self.errors))


def boolean(text: str) -> bool:
    """True for on/true/yes/1, False for off/false/no/0."""
    if text.lower() in {"on", "true", "yes", "1"}:
        return True
    if text.lower() in {"off", "false", "no", "0"}:
        return False
    raise ValueError(text)


def one_of(*choices: str) -> Callable[[str], str]:
    """A parser that accepts only these choices."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return parse


def comma_separated(text: str) -> list[str]:
    """The non-empty parts of a comma-separated list."""
    return [part.strip() for part in text.split(",") if part.strip()]


def between(low: float, high: float) -> Callable[[str], float]:
    """A parser for a number from `low` to `high`."""

    def parse(text: str) -> float:
        if not DECIMAL.fullmatch(text):  # `float` also accepts `1_0`, `1e1` and other scripts' digits
            raise ValueError(text)
        number = float(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return parse


def rate(text: str) -> RateLimitItem | None:
    """A rate such as `60/minute`; None for `off`."""
    if text == "off":
        return None
    if not RATE.fullmatch(text):  # `limits` also accepts a list of rates, of which it drops all but the first
        raise ValueError(text)
    return parse_rate(text)


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A parser for an integer from `low` to `high`."""

    def parse(text: str) -> int:
        if not WHOLE.fullmatch(text):
            raise ValueError(text)
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return parse


def email_addresses(text: str) -> list[str]:
    """E-mail addresses from a comma-separated list."""
    addresses = comma_separated(text)
    for each in addresses:
        validate_email(each, check_deliverability=False)
    return addresses


def sender(text: str) -> str:
    """The sender of emails: an address, or a name and an address in angle brackets."""
    found = getaddresses([text])
    if len(found) != 1 or not text.isprintable():
        raise ValueError(text)
    try:
        EmailValidator()(found[0][1])  # which, unlike email-validator, accepts the default, `…@localhost`
    except ValidationError:
        raise ValueError(text) from None
    return text


def user_name(text: str) -> str:
    """A user name as Django's form would take it."""
    if len(text) > 150 or not re.fullmatch(UnicodeUsernameValidator.regex, text):
        raise ValueError(text)
    return text


def certificates(text: str) -> str:
    """The path of a file of certificates in PEM format."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(text)
    except OSError as error:
        raise ValueError(text) from error
    return text


def networks(text: str) -> list[Network]:
    """IP networks from a comma-separated list in CIDR notation; a single address is a network of one."""
    return [ip_network(part) for part in comma_separated(text)]


def signing_secret(text: str) -> str:
    """A signing secret: `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks, "Signature scheme")."""
    prefix, _, encoded = text.partition("_")
    if prefix != "whsec" or not 24 <= len(base64.b64decode(encoded, validate=True)) <= 64:
        raise ValueError("not a signing secret")
    return text


def token(text: str) -> str:
    """A bearer token of at least 16 visible ASCII characters."""
    if not re.fullmatch(r"[!-~]{16,}", text):
        raise ValueError("not a token")
    return text


def encryption_keys(text: str) -> list[str]:
    """Fernet keys, 32 bytes in URL-safe base64 each, from a comma-separated list."""
    keys = comma_separated(text)
    for key in keys:
        Fernet(key)  # raises ValueError for an invalid key
    return keys
