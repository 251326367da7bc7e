"""Client address of a request behind TRUSTED_PROXY_COUNT proxies."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

IPV6_GROUP = 64  # prefix length: a subscriber gets at least a /64 and may use any address in it


def client_address(request: HttpRequest) -> str:
    """The client's address, or "" if there is none, as on a Unix socket.

    Each trusted proxy appends its peer to X-Forwarded-For, so the client is the TRUSTED_PROXY_COUNT-th address from the
    end; clients can forge what precedes it. Without proxies it is the peer of the connection.
    """
    return str(_client(request) or "")


def client_group(request: HttpRequest) -> str:
    """What limits count as one client: an IPv4 address, or the /64 network of an IPv6 address."""
    address = _client(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_GROUP), strict=False))
    return str(address or "unknown")


def _client(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    peer = _parse(request.META.get("REMOTE_ADDR", ""))
    count = settings.TRUSTED_PROXY_COUNT
    if not count:
        return peer
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return _parse(forwarded[-min(count, len(forwarded))]) or peer


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `text`, with or without a port, as some proxies add one; None for anything else."""
    host = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
