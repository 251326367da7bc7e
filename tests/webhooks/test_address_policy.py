"""No connection to a non-public address that is not allowed, whatever the URL and DNS say."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tests.receiver import RecordingReceiver, Reply
from webhooks import sending
from webhooks.address_policy import may_be_sent_to

LOOPBACK = [
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.8.8.8"),
    *("0", "0.0.0.0", "00.0.0.0", "localhost", "LOCALHOST", "localhost.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]"),
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]"),
    *("[2002:7f00:1::]", "①②⑦.0.0.1", "127。0。0。1", "public@127.0.0.1", "8.8.8.8@localhost", "8.8.8.8:80@127.1"),
]
PRIVATE = [
    *("10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1", "167772161", "0xa000001", "012.1"),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:169.254.169.254]", "169.254.170.2", "100.100.100.200"),
    *("168.63.129.16", "192.0.0.192", "[fd00:ec2::254]", "[fd20:ce::254]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]"),
    *("100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "[ff02::1]", "[ff0e::1]"),
    *("[fc00::1]", "[fdff::1]", "[2001::1]", "[2001:db8::1]", "[2001:20::1]", "[2002:a00:1::]", "[3fff::1]"),
    *("[5f00::1]", "[100::1]", "[64:ff9b::a00:1]", "[64:ff9b::a9fe:a9fe]", "[::10.0.0.1]", "[::ffff:10.0.0.1]"),
]
ANSWERS = [
    *(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"], ["fe80::1%lo"]),
    *(["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"], ["2606:2800::1", "::1"], ["8.8.8.8", "10.0.0.1"]),
]


@pytest.fixture(autouse=True)
def _nothing_is_allowed() -> Iterator[None]:
    with override_settings(WEBHOOK_ALLOWED_NETWORKS=[]):
        yield


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> RecordingReceiver:
    """A receiver on loopback, and a watch on every connection that is begun."""
    begun: list[Any] = []
    original = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        begun.append(address)
        original(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    recording = RecordingReceiver()
    recording.begun = begun  # type: ignore[attr-defined]
    return recording


def post(url: str, timeout: float = 2) -> sending.Answer:
    with sending.Session() as session:
        return sending.post(session, url, "{}", {}, timeout)


@pytest.mark.parametrize("host", [*LOOPBACK, *PRIVATE])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_such_an_address_is_connected_to(canary: RecordingReceiver, scheme: str, host: str) -> None:
    port = canary.url.split(":")[-1].split("/")[0]
    answer = post(f"{scheme}://{host}:{port}/")
    assert answer.status is None
    assert answer.error
    assert canary.begun == []  # type: ignore[attr-defined]
    canary.close()


@pytest.mark.parametrize("addresses", ANSWERS)
def test_one_bad_answer_from_dns_is_enough(
    canary: RecordingReceiver, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    def getaddrinfo(host: str, port: int, *more: Any, **options: Any) -> list[Any]:
        family = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [(f, socket.SOCK_STREAM, 6, "", (a, port)) for f, a in zip(family, addresses, strict=True)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert "not public" in post("http://receiver.example/").error
    assert canary.begun == []  # type: ignore[attr-defined]
    canary.close()


def test_a_name_that_changes_between_check_and_connect_gains_nothing(
    canary: RecordingReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["192.0.2.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"])

    def getaddrinfo(host: str, port: int, *more: Any, **options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    # The documentation network stands for a public host: nobody answers there, and nobody is harmed.
    with override_settings(WEBHOOK_ALLOWED_NETWORKS=[ipaddress.ip_network("192.0.2.0/24")]):
        assert post("http://rebinding.example:9/", timeout=0.3).status is None
    assert [address[0] for address in canary.begun] == ["192.0.2.1"]  # type: ignore[attr-defined]
    assert next(answers) == "127.0.0.1", "the name was looked up more than once"
    canary.close()


def test_a_redirect_to_a_private_address_is_not_followed(canary: RecordingReceiver) -> None:
    canary.reply = lambda number: Reply(302, headers=(("Location", "http://127.0.0.2:9/"),))
    with override_settings(WEBHOOK_ALLOWED_NETWORKS=[ipaddress.ip_network("127.0.0.1/32")]):
        answer = post(canary.url)
    assert (answer.status, "redirects are not followed" in answer.error) == (302, True)
    assert [address[0] for address in canary.begun] == ["127.0.0.1"]  # type: ignore[attr-defined]
    canary.close()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"])
def test_a_proxy_in_the_environment_is_not_used(
    canary: RecordingReceiver, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, canary.url.removesuffix("/hook"))
    for scheme in ("http", "https"):
        assert "not public" in post(f"{scheme}://10.0.0.1/").error
    assert canary.begun == []  # type: ignore[attr-defined]
    canary.close()


def test_the_list_of_allowed_networks_opens_what_it_names_and_no_more(canary: RecordingReceiver) -> None:
    with override_settings(WEBHOOK_ALLOWED_NETWORKS=[ipaddress.ip_network("127.0.0.1/32")]):
        assert post(canary.url).status == 200
        assert post(canary.url.replace("127.0.0.1", "[::ffff:127.0.0.1]")).status == 200
        assert "not public" in post(canary.url.replace("127.0.0.1", "127.0.0.2")).error
        assert "not public" in post(canary.url.replace("127.0.0.1", "[::1]")).error
    canary.close()


def test_public_addresses_are_reached() -> None:
    for public in ("93.184.216.34", "8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"):
        assert may_be_sent_to(ipaddress.ip_address(public), [])


@given(st.ip_addresses(v=4))
def test_every_way_to_write_an_ipv4_address_in_ipv6_is_treated_like_it(address: ipaddress.IPv4Address) -> None:
    allowed = may_be_sent_to(address, [])
    for prefix in ("::ffff:", "64:ff9b::"):
        assert may_be_sent_to(ipaddress.ip_address(f"{prefix}{address}"), []) == allowed
    assert not may_be_sent_to(ipaddress.ip_address(f"::{address}"), [])
