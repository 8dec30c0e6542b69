"""Look-ups: shared, bounded, and given up in time."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from app.domain.delivery.attempt import ErrorClass
from workers.sending.budget import AttemptStopped
from workers.sending.resolver import (
    LOOK_UPS_MAX,
    UNPROVEN_LOOK_UPS_MAX,
    UNPROVEN_LOOK_UPS_PER_ORG_MAX,
    Resolver,
    SocketAddress,
    look_up_any,
)


class NameServers:
    """Answer at once, except for names under `stuck.test` once they are broken."""

    def __init__(self) -> None:
        self.repaired = threading.Event()
        self.broken = False
        self.asked: list[str] = []

    def look_up(self, host: str, port: int) -> Sequence[SocketAddress]:
        self.asked.append(host)
        if self.broken and host.endswith("stuck.test"):
            self.repaired.wait(60)
        return [("192.0.2.1", port)]


@pytest.fixture
def name_servers() -> Iterator[NameServers]:
    name_servers = NameServers()
    yield name_servers
    name_servers.repaired.set()


def resolved(
    resolver: Resolver, host: str, seconds: float = 30, org_id: str = ""
) -> Sequence[SocketAddress]:
    return resolver.addresses(host, 443, time.monotonic() + seconds, org_id)


def given_up(resolver: Resolver, host: str, seconds: float = 0, org_id: str = "") -> ErrorClass:
    with pytest.raises(AttemptStopped) as stopped:
        resolved(resolver, host, seconds, org_id)
    return stopped.value.error


def test_a_look_up_in_progress_is_shared_by_all_who_want_it(name_servers: NameServers) -> None:
    name_servers.broken = True
    resolver = Resolver(name_servers.look_up)
    found: list[Sequence[SocketAddress]] = []
    threads = [
        threading.Thread(target=lambda: found.append(resolved(resolver, "stuck.test", 60)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    name_servers.repaired.set()
    for thread in threads:
        thread.join()
    assert found == [[("192.0.2.1", 443)]] * 20


def test_a_name_that_is_stuck_holds_one_look_up_however_often_it_is_tried(
    name_servers: NameServers,
) -> None:
    name_servers.broken = True
    resolver = Resolver(name_servers.look_up)
    for _ in range(LOOK_UPS_MAX * 2):
        assert given_up(resolver, "stuck.test") is ErrorClass.DNS_TIMEOUT
    assert name_servers.asked == ["stuck.test"]
    assert resolved(resolver, "works.test") == [("192.0.2.1", 443)]


def test_strangers_names_that_are_stuck_leave_room_for_names_that_work(
    name_servers: NameServers,
) -> None:
    resolver = Resolver(name_servers.look_up)
    resolved(resolver, "works.test")
    name_servers.broken = True
    for number in range(UNPROVEN_LOOK_UPS_MAX):
        error = given_up(resolver, f"{number}.stuck.test", org_id=f"org_{number}")
        assert error is ErrorClass.DNS_TIMEOUT
    # Nobody asked for these names, so their receivers are not to blame.
    assert given_up(resolver, "more.stuck.test", 5) is ErrorClass.SENDER_FAILED
    assert given_up(resolver, "new.test", 5) is ErrorClass.SENDER_FAILED
    assert len(name_servers.asked) == 1 + UNPROVEN_LOOK_UPS_MAX
    assert resolved(resolver, "works.test") == [("192.0.2.1", 443)]


def test_one_org_s_names_that_are_stuck_leave_room_for_other_orgs_new_names(
    name_servers: NameServers,
) -> None:
    resolver = Resolver(name_servers.look_up)
    name_servers.broken = True
    for number in range(UNPROVEN_LOOK_UPS_PER_ORG_MAX):
        error = given_up(resolver, f"{number}.stuck.test", org_id="org_1")
        assert error is ErrorClass.DNS_TIMEOUT
    assert given_up(resolver, "new.test", 5, "org_1") is ErrorClass.SENDER_FAILED
    assert resolved(resolver, "new.test", org_id="org_2") == [("192.0.2.1", 443)]
    assert resolved(resolver, "new.test", org_id="org_1") == [("192.0.2.1", 443)]


def test_a_name_that_got_stuck_is_no_longer_trusted_to_work(name_servers: NameServers) -> None:
    threads = threading.active_count()  # of tests before this one, too
    resolver = Resolver(name_servers.look_up)
    names = [f"{number}.stuck.test" for number in range(LOOK_UPS_MAX * 2)]
    for name in names:
        resolved(resolver, name, org_id=name)
    name_servers.broken = True
    errors = [given_up(resolver, name, org_id=name) for name in names]
    assert errors[:LOOK_UPS_MAX] == [ErrorClass.DNS_TIMEOUT] * LOOK_UPS_MAX
    assert errors[LOOK_UPS_MAX:] == [ErrorClass.SENDER_FAILED] * LOOK_UPS_MAX
    assert threading.active_count() <= threads + LOOK_UPS_MAX


def test_room_comes_back_when_stuck_look_ups_end(name_servers: NameServers) -> None:
    name_servers.broken = True
    resolver = Resolver(name_servers.look_up)
    for number in range(UNPROVEN_LOOK_UPS_PER_ORG_MAX):
        given_up(resolver, f"{number}.stuck.test")
    name_servers.repaired.set()
    for number in range(UNPROVEN_LOOK_UPS_PER_ORG_MAX):
        resolved(resolver, f"{number}.stuck.test")
    assert resolved(resolver, "new.test") == [("192.0.2.1", 443)]


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "does not exist"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "answered with a failure"),
        (UnicodeError("x"), "does not exist"),
        (None, "has no address"),
    ],
)
def test_a_name_without_an_address_is_said_to_be_so(error: Exception | None, detail: str) -> None:
    def fail(host: str, port: int) -> Sequence[SocketAddress]:
        if error is not None:
            raise error
        return []

    with pytest.raises(AttemptStopped, match=detail) as stopped:
        resolved(Resolver(fail), "gone.test")
    assert stopped.value.error is ErrorClass.DNS_FAILED


def test_the_system_knows_localhost() -> None:
    assert "127.0.0.1" in {address[0] for address in look_up_any("localhost", 80)}
