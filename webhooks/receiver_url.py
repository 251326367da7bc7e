"""Which URLs a receiver may have."""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.exceptions import ValidationError

from webhooks.address_policy import Address, Network, may_be_sent_to

EXAMPLE = "https://example.com/hook"


def validate_receiver_url(url: str) -> None:
    """`check_receiver_url` as the validator of a model's field."""
    check_receiver_url(url, settings.WEBHOOK_ALLOWED_NETWORKS)


def check_receiver_url(url: str, allowed: Sequence[Network]) -> None:
    """Raises ValidationError, with a sentence for staff, unless webhooks can be sent to `url`.

    `allowed` are the networks of WEBHOOK_ALLOWED_NETWORKS. The settings, too, call this: it must not read them.
    A name is not looked up, as its addresses can change; they are checked whenever something is sent.
    """
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValidationError("The URL must not contain spaces, line breaks or other invisible characters.")
    try:
        parts = urlsplit(requests.Request("POST", url).prepare().url or "")
        _, given = parts.port, urlsplit(url).netloc
    except (requests.RequestException, ValueError):
        raise ValidationError(f"Enter a URL such as {EXAMPLE}.") from None
    if parts.scheme not in {"http", "https"}:
        raise ValidationError("The URL must begin with http:// or https://.")
    if "@" in given:
        raise ValidationError("The URL must not contain a user name or password. Add an Authorization header.")
    if parts.fragment:
        raise ValidationError("The URL must not contain a #: what follows it is never sent.")
    address = _address((parts.hostname or "").rstrip("."))
    if address and not may_be_sent_to(address, allowed):
        raise ValidationError(
            f"{parts.hostname} is not a public address. Webhooks reach it only if the operator lists its network in "
            "WEBHOOK_ALLOWED_NETWORKS."
        )


def _address(host: str) -> Address | None:
    """The address that a host written as a number, or localhost (RFC 6761, section 6.3), stands for; else None."""
    if host == "localhost" or host.endswith(".localhost"):
        return ipaddress.ip_address("127.0.0.1")
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return ipaddress.ip_address(found[0][4][0])
