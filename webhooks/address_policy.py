"""SSRF protection: webhooks go to public addresses, and to networks that the operator allows."""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Not public, although `is_global` of Python 3.11 says so or does not know them.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598); also a cloud's metadata service
        "168.63.129.16/32",  # a cloud's metadata service, at an address that looks public
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "::/96",  # IPv4-compatible (RFC 4291, section 2.5.5.1)
        "64:ff9b:1::/48",  # local NAT64 (RFC 8215)
        "2001::/23",  # protocol assignments, Teredo and ORCHID among them (RFC 2928)
        "2002::/16",  # 6to4 (RFC 7526)
        "3fff::/20",  # documentation (RFC 9637)
        "5f00::/16",  # segment routing (RFC 9602)
        "fec0::/10",  # site-local (RFC 3879)
    )
)
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


def may_be_sent_to(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether connecting to `address` is allowed; `allowed` are the operator's networks (WEBHOOK_ALLOWED_NETWORKS)."""
    address = effective_address(address)
    if any(address in network for network in allowed):
        return True
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in NOT_PUBLIC)


def effective_address(address: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped or NAT64 address, which is where packets end up; else `address` itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
