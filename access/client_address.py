"""Whom a request comes from, as far as the configured proxies can be trusted to say."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

IPV6_GROUP = 64  # bits: what one subscriber is given at least, and can choose addresses from at will


def client_address(request: HttpRequest) -> str:
    """The address of the client, or "" where there is none, as on a Unix socket.

    Each trusted proxy appends the address it was spoken to from, so the client's is as many places from the end of
    X-Forwarded-For as there are such proxies; what stands before it anybody may have written. Without them it is the
    address at the other end of the connection.
    """
    return str(_client(request) or "")


def client_group(request: HttpRequest) -> str:
    """What a limit counts as one client: an IPv4 address, or the /64 network of an IPv6 one."""
    address = _client(request)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_GROUP), strict=False))
    return str(address or "unknown")


def _client(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    peer = _parse(request.META.get("REMOTE_ADDR", ""))
    count = settings.TRUSTED_PROXY_COUNT
    if not count:
        return peer
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return _parse(told[-min(count, len(told))]) or peer


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `text`, which may carry a port, as some proxies write it; None for anything else."""
    host = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
