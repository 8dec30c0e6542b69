"""A host whose addresses do not all answer: the first that accepts is taken, soon."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.workers.attackers import answering, full_backlog, receiving
from workers.sender import Sender
from workers.sending.dialer import in_turn
from workers.sending.happy_eyeballs import RACING_MAX, STAGGER_SECONDS, Race

DESCRIPTORS = Path("/proc/self/fd")
needs_proc = pytest.mark.skipif(not DESCRIPTORS.exists(), reason="needs /proc")
#: What a machine that is busy with other tests may add.
SLACK_SECONDS = 0.15


def open_descriptors() -> int:
    return len(list(DESCRIPTORS.iterdir()))


def sender_for(*addresses: str) -> Sender:
    """Any name leads to these addresses."""
    return Sender(
        allow_private=True, resolver=lambda host, port: [(each, port) for each in addresses]
    )


def test_a_dead_address_beside_a_living_one_costs_a_quarter_of_a_second() -> None:
    sender = sender_for("127.0.0.2", "127.0.0.1")
    seconds = []
    with receiving(answering(close=True)) as receiver, full_backlog("127.0.0.2", receiver.port):
        for number in range(5):  # each a name of its own: nothing is remembered
            began_at = time.monotonic()
            result = sender.post(receiver.url(host=f"new{number}.test"), {}, b"{}")
            seconds.append(time.monotonic() - began_at)
            assert (result.status, result.address) == (200, f"127.0.0.1:{receiver.port}")
    sender.close()
    assert STAGGER_SECONDS <= min(seconds) < STAGGER_SECONDS + SLACK_SECONDS


def test_an_address_that_refuses_gives_way_at_once() -> None:
    sender = sender_for("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1")
    with receiving(answering(close=True)) as receiver:
        results = [
            sender.post(receiver.url(host=f"new{number}.test"), {}, b"{}") for number in range(3)
        ]
    sender.close()
    assert [result.status for result in results] == [200] * 3
    assert min(result.timings.connect_ms or 0 for result in results) < 1000 * STAGGER_SECONDS


def test_a_slow_address_is_not_given_up_for_the_next_one() -> None:
    """Its queue is full for a while: the system tries again by itself, after a second."""
    with full_backlog("127.0.0.2") as port, full_backlog("127.0.0.3", port):
        late = socket.create_server(("127.0.0.4", port), backlog=0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.4", port))

        full = threading.Event()

        def drain() -> None:
            full.wait(2 * STAGGER_SECONDS)
            with suppress(OSError):  # until it is shut down
                while True:
                    late.accept()[0].close()

        accepting = threading.Thread(target=drain, daemon=True)
        accepting.start()
        addresses = [ip_address(f"127.0.0.{last}") for last in (4, 2, 3)]
        race = Race(addresses, port, time.monotonic() + 20)
        race.run().close()
        assert race.address == addresses[0]
        late.shutdown(socket.SHUT_RDWR)
        accepting.join()
        for each in [*waiting, late]:
            each.close()


@needs_proc
def test_no_descriptor_is_left_and_few_are_open_at_once() -> None:
    most = 0
    over = threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.005):
            most = max(most, open_descriptors())

    lasts = range(2, 2 + 2 * RACING_MAX)
    addresses = [ip_address(f"127.0.0.{last}") for last in (*lasts, 1)]
    with receiving(answering()) as receiver, ExitStack() as dead:
        for last in lasts:
            dead.enter_context(full_backlog(f"127.0.0.{last}", receiver.port))
        watching = threading.Thread(target=watch)
        before = open_descriptors()
        watching.start()
        race = Race(addresses, receiver.port, time.monotonic() + 20)
        connected = race.run()
        over.set()
        watching.join()
        assert race.address == addresses[-1]
        connected.close()
        with pytest.raises(TimeoutError):
            Race(addresses[:3], receiver.port, time.monotonic() + 0.2).run()
        receiver.wait_for_closed(1)
        left = open_descriptors()
    # Beside the race's: the receiver's end of the connection, and the folder that is listed.
    assert most - before <= RACING_MAX + 2
    assert left <= before


IPV4 = [ip_address(f"192.0.2.{last}") for last in range(4)]
IPV6 = [ip_address(f"2001:db8::{last}") for last in range(4)]


@pytest.mark.parametrize(
    ("addresses", "good", "expected"),
    [
        (IPV4[:3], None, IPV4[:3]),
        (IPV4[:3], IPV4[2], [IPV4[2], IPV4[0], IPV4[1]]),
        (IPV4[:3], IPV4[3], IPV4[:3]),
        (IPV6[:3] + IPV4[:2], None, [IPV6[0], IPV4[0], IPV6[1], IPV4[1], IPV6[2]]),
        (IPV6[:2] + IPV4[:2], IPV4[1], [IPV4[1], IPV6[0], IPV4[0], IPV6[1]]),
        (IPV4[:1], IPV4[0], IPV4[:1]),
    ],
)
def test_the_families_alternate_behind_the_address_that_accepted_last(
    addresses: Sequence[object], good: object, expected: Sequence[object]
) -> None:
    assert in_turn(addresses, good) == expected  # type: ignore[arg-type]
    assert all(one != other for one, other in itertools.pairwise(expected))
