"""No attempt reaches an address that it may not: a canary listens where it must not come."""

import re
import socket
from collections.abc import Iterator

import pytest

from app.domain.delivery.attempt import ErrorClass
from tests.workers.attackers import Receiver, answering, receiving
from workers.sender import Sender
from workers.sending.resolver import SocketAddress

HEADERS = {"Content-Type": "application/json"}


@pytest.fixture
def canary() -> Iterator[Receiver]:
    """Listen on loopback; the test fails if anybody connects."""
    with receiving(answering()) as receiver:
        yield receiver
        assert receiver.connections == 0


#: Hosts as an attacker would write them, each leading to loopback, metadata or nowhere good.
HOSTS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7F.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.01",
    "00127.0.0.1",
    "127.000.000.001",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "0",
    "0.0.0.0",
    "0x0",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "ｌocalhost",
    "sub.localhost",
    "user@127.0.0.1",
    "example.com@127.0.0.1",
    "example.com:80@127.0.0.1",
    "127.0.0.1%2f.example.com",
    "127.0.0.1\\.example.com",
    "example.com\\@127.0.0.1",
    "%31%32%37.0.0.1",
    "127.0.0.1%00.example.com",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[fec0::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "metadata.google.internal",
    "224.0.0.1",
    "255.255.255.255",
    "100.64.0.1",
    "192.0.0.8",
    "10.0.0.1",
]


@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_an_inside_host_is_connected_to(canary: Receiver, host: str) -> None:
    sender = Sender(connect_seconds=20, total_seconds=20)
    result = sender.post(f"http://{host}:{canary.port}/", HEADERS, b"{}")
    sender.close()
    assert result.error is ErrorClass.REFUSED_TARGET
    assert re.search(r"\w+ \w+", result.error_detail)
    assert result.address is None


#: What a hostile name server may answer.
ANSWERS = [
    [("127.0.0.1", 80)],
    [("127.255.255.254", 80)],
    [("10.0.0.1", 80), ("192.168.0.1", 80), ("172.16.0.1", 80)],
    [("169.254.169.254", 80)],
    [("100.64.0.1", 80)],
    [("0.0.0.0", 80)],
    [("::1", 80, 0, 0)],
    [("::", 80, 0, 0)],
    [("::ffff:127.0.0.1", 80, 0, 0)],
    [("::127.0.0.1", 80, 0, 0)],
    [("64:ff9b::7f00:1", 80, 0, 0)],
    [("2002:7f00:1::", 80, 0, 0)],
    [("2001::7f00:1", 80, 0, 0)],
    [("fe80::1", 80, 0, 1)],
    [("fe80::1%lo", 80, 0, 1)],
    [("fd00::1", 80, 0, 0)],
    [("fec0::1", 80, 0, 0)],
    [("ff02::1", 80, 0, 0)],
    [("224.0.0.1", 80)],
    [("255.255.255.255", 80)],
    [("not an address", 80)],
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_name_leads_to_an_inside_address(canary: Receiver, answer: list[SocketAddress]) -> None:
    sender = Sender(connect_seconds=20, total_seconds=20, resolver=lambda host, port: answer)
    result = sender.post(canary.url(host="hooks.example"), HEADERS, b"{}")
    sender.close()
    assert result.error is ErrorClass.REFUSED_TARGET
    # What an inside name resolves to is not for a stranger to read.
    assert not any(address[0] in result.error_detail for address in answer)


def test_a_name_server_that_changes_its_answer_is_asked_once(canary: Receiver) -> None:
    """Given an allowed address first and the canary's next: what was checked is connected to."""
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[SocketAddress]:
        asked.append(host)
        return [("127.0.0.2" if len(asked) == 1 else "127.0.0.1", port)]

    sender = Sender(connect_seconds=20, total_seconds=20, allow_private=True, resolver=rebinding)
    result = sender.post(canary.url(host="rebind.test"), HEADERS, b"{}")
    sender.close()
    assert asked == ["rebind.test"]
    assert result.error is ErrorClass.CONNECT_REFUSED
    assert result.address == f"127.0.0.2:{canary.port}"


def test_a_name_that_was_checked_is_checked_again_at_the_next_connection() -> None:
    answers = iter([[("127.0.0.1", 80)], [("169.254.169.254", 80)]])
    sender = Sender(allow_private=True, resolver=lambda host, port: next(answers))
    with receiving(answering(close=True)) as receiver:
        first = sender.post(receiver.url(host="rebind.test"), HEADERS, b"{}")
        receiver.wait_for_closed(1)
        second = sender.post(receiver.url(host="rebind.test"), HEADERS, b"{}")
    sender.close()
    assert first.status == 200
    assert second.error is ErrorClass.REFUSED_TARGET


def test_of_several_addresses_only_the_allowed_ones_are_tried() -> None:
    def mixed(host: str, port: int) -> list[SocketAddress]:
        return [("169.254.169.254", port), ("::", port, 0, 0), ("127.0.0.1", port)]

    sender = Sender(allow_private=True, resolver=mixed)
    with receiving(answering()) as receiver:
        result = sender.post(receiver.url(host="mixed.test"), HEADERS, b"{}")
    sender.close()
    assert result.status == 200
    assert result.address == f"127.0.0.1:{receiver.port}"


def test_the_port_of_the_url_is_used_whatever_the_resolver_says(canary: Receiver) -> None:
    sender = Sender(allow_private=True, resolver=lambda host, port: [("127.0.0.1", canary.port)])
    with receiving(answering()) as receiver:
        assert sender.post(receiver.url(host="a.test"), HEADERS, b"{}").status == 200
    sender.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "metadata.test"])
def test_a_redirect_inside_is_not_followed(canary: Receiver, host: str) -> None:
    location = canary.url(host=host).encode()
    answer = b"HTTP/1.1 307 There\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location
    sender = Sender(allow_private=True)
    with receiving(answering(answer)) as receiver:
        result = sender.post(receiver.url(), HEADERS, b"{}")
    sender.close()
    assert (result.status, result.error) == (307, None)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "0.0.0.0", "[::]", "224.0.0.1", "0x7f000001", "127.1"]
)
def test_allowing_private_targets_keeps_odd_ones_closed(canary: Receiver, host: str) -> None:
    sender = Sender(connect_seconds=20, total_seconds=20, allow_private=True)
    result = sender.post(f"http://{host}:{canary.port}/", HEADERS, b"{}")
    sender.close()
    assert result.error is ErrorClass.REFUSED_TARGET


def test_ports_can_be_restricted(canary: Receiver) -> None:
    sender = Sender(allow_private=True, allowed_ports=frozenset({443, 8443}))
    result = sender.post(canary.url(), HEADERS, b"{}")
    sender.close()
    assert result.error is ErrorClass.REFUSED_TARGET
    assert str(canary.port) in result.error_detail


def test_an_ipv6_receiver_is_reached_when_allowed() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with receiving(answering(), host="::1") as receiver:
        sender = Sender(allow_private=True)
        result = sender.post(receiver.url(host="[::1]"), HEADERS, b"{}")
        sender.close()
    assert result.status == 200
    assert result.address == f"[::1]:{receiver.port}"
    assert b"Host: [::1]:%d" % receiver.port in receiver.requests[0]
