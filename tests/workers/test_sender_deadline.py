"""Every attempt ends in time, and takes no more memory, whatever the peer does."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.domain.delivery.attempt import AttemptResult, ErrorClass
from tests.tls import Authority
from tests.workers.attackers import (
    ENDLESS_BODIES,
    ENDLESS_HEADS,
    FLOODS,
    OK,
    Conversation,
    Receiver,
    answering,
    dripping_a_handshake,
    full_backlog,
    never_reading,
    read_request,
    receiving,
)
from workers.sender import Sender
from workers.sending import answer
from workers.sending.happy_eyeballs import STAGGER_SECONDS
from workers.sending.resolver import LookUp

CONNECT_SECONDS = 0.5
TOTAL_SECONDS = 1.0
#: How much later than its deadline an attempt may end on a machine that is held up. What these
#: receivers do has no end.
SLACK_SECONDS = 10.0
#: Growth of a worker's memory that a whole table of attacks may cause.
MEMORY_GROWTH_MAX = 20 * 1024 * 1024


@contextmanager
def impatient(
    *,
    connect_seconds: float = CONNECT_SECONDS,
    total_seconds: float = TOTAL_SECONDS,
    resolver: LookUp | None = None,
    ca_file: Path | None = None,
) -> Iterator[Sender]:
    sender = Sender(
        connect_seconds=connect_seconds,
        total_seconds=total_seconds,
        allow_private=True,
        resolver=resolver,
        ca_file=None if ca_file is None else str(ca_file),
    )
    try:
        yield sender
    finally:
        sender.close()


@pytest.fixture
def sender() -> Iterator[Sender]:
    with impatient() as sender:
        yield sender


@pytest.fixture
def patient_sender() -> Iterator[Sender]:
    """It gives up no answer that is slow only because the machine is."""
    with impatient(connect_seconds=30, total_seconds=60) as sender:
        yield sender


def ends_within(seconds: float, attempt: Callable[[], AttemptResult]) -> AttemptResult:
    began_at = time.monotonic()
    result = attempt()
    assert time.monotonic() - began_at <= seconds + SLACK_SECONDS
    return result


@pytest.mark.parametrize("attack", ENDLESS_HEADS)
def test_a_head_that_never_ends_is_given_up_at_the_deadline(sender: Sender, attack: str) -> None:
    with receiving(ENDLESS_HEADS[attack]) as receiver:
        result = ends_within(TOTAL_SECONDS, lambda: sender.post(receiver.url(), {}, b"{}"))
        assert result.error is ErrorClass.TIMED_OUT
        assert result.timings.total_ms >= TOTAL_SECONDS * 1000 - 50


@pytest.mark.parametrize("attack", ENDLESS_BODIES)
def test_a_body_that_never_ends_is_left_soon_and_changes_nothing(
    patient_sender: Sender, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "BODY_SECONDS_MAX", 0.5)
    with receiving(ENDLESS_BODIES[attack]) as receiver:
        result = ends_within(0.5, lambda: patient_sender.post(receiver.url(), {}, b"{}"))
        assert (result.status, result.error) == (200, None)
        receiver.wait_for_closed(1)


def test_a_body_has_no_more_time_than_its_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "BODY_SECONDS_MAX", 60.0)
    with (
        impatient(total_seconds=3) as sender,
        receiving(ENDLESS_BODIES["a dripping body"]) as receiver,
    ):
        result = ends_within(3, lambda: sender.post(receiver.url(), {}, b"{}"))
    assert (result.status, result.error) == (200, None)
    assert result.body_prefix.startswith(b"xxx")


@pytest.mark.parametrize("attack", FLOODS)
def test_a_flood_ends_early(patient_sender: Sender, attack: str) -> None:
    with receiving(FLOODS[attack]) as receiver:
        result = ends_within(TOTAL_SECONDS, lambda: patient_sender.post(receiver.url(), {}, b"{}"))
        assert result.error in (None, ErrorClass.INVALID_RESPONSE)
        assert (result.status is None) == (result.error is not None)
        assert len(result.body_prefix) <= 4096
        receiver.wait_for_closed(1)


@pytest.mark.parametrize("attack", ["a dripping body", "dripping headers", "silence"])
def test_tls_changes_nothing_about_the_deadline(tmp_path: Path, attack: str) -> None:
    authority = Authority(tmp_path)
    context = authority.server_context("localhost")
    endless = (ENDLESS_HEADS | ENDLESS_BODIES)[attack]
    with (
        impatient(total_seconds=3, ca_file=authority.ca_file) as sender,
        receiving(endless, context) as it,
    ):
        url = it.url("https", host="localhost")
        result = ends_within(3, lambda: sender.post(url, {}, b"{}"))
        assert result.error is (ErrorClass.TIMED_OUT if attack in ENDLESS_HEADS else None)


@pytest.mark.parametrize("stalling", [never_reading, dripping_a_handshake])
def test_a_tls_handshake_that_stalls_is_given_up_at_the_deadline(
    sender: Sender, stalling: Conversation
) -> None:
    with receiving(stalling) as receiver:
        url = receiver.url("https")
        result = ends_within(TOTAL_SECONDS, lambda: sender.post(url, {}, b"{}"))
    assert result.error is ErrorClass.TIMED_OUT
    assert "TLS handshake" in result.error_detail


def test_a_flood_of_tls_session_tickets_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    """Given records that OpenSSL consumes by itself, without ever returning data to us."""
    authority = Authority(tmp_path)
    context = authority.server_context("localhost")
    context.num_tickets = 1_000_000
    with impatient(ca_file=authority.ca_file) as sender, receiving(answering(), context) as it:
        url = it.url("https", host="localhost")
        result = ends_within(TOTAL_SECONDS, lambda: sender.post(url, {}, b"{}"))
    assert result.error is ErrorClass.TIMED_OUT


@pytest.mark.parametrize("secure", [False, True])
def test_a_receiver_that_never_reads_a_large_request_is_given_up(
    tmp_path: Path, secure: bool
) -> None:
    authority = Authority(tmp_path)
    context = authority.server_context("localhost") if secure else None
    with (
        impatient(ca_file=authority.ca_file) as sender,
        receiving(never_reading, context) as receiver,
    ):
        url = receiver.url("https" if secure else "http", host="localhost")
        body = bytes(64 * 1024 * 1024)
        result = ends_within(TOTAL_SECONDS, lambda: sender.post(url, {}, body))
    assert result.error is ErrorClass.TIMED_OUT
    assert "sending" in result.error_detail


def test_a_receiver_that_reads_a_large_request_in_drops_is_given_up(sender: Sender) -> None:
    def sip(connection: socket.socket, receiver: Receiver) -> None:
        while not receiver.pause() and connection.recv(1024):
            pass

    with receiving(sip) as receiver:
        body = bytes(64 * 1024 * 1024)
        result = ends_within(TOTAL_SECONDS, lambda: sender.post(receiver.url(), {}, body))
    assert result.error is ErrorClass.TIMED_OUT


def test_a_kept_connection_gets_the_deadline_of_the_new_attempt() -> None:
    def answer_once_then_never(connection: socket.socket, receiver: Receiver) -> None:
        read_request(connection, receiver)
        connection.sendall(OK)
        read_request(connection, receiver)
        receiver.stopping.wait()

    with impatient(total_seconds=3) as sender, receiving(answer_once_then_never) as receiver:
        assert sender.post(receiver.url(), {}, b"{}").status == 200
        receiver.pause(0.5)
        time_out = ends_within(3, lambda: sender.post(receiver.url(), {}, b"{}"))
        assert time_out.error is ErrorClass.TIMED_OUT
        assert time_out.timings.total_ms >= 3000 - 50
        assert len(receiver.requests) == 2


def test_an_address_that_does_not_accept_is_given_up_at_the_connect_deadline() -> None:
    with full_backlog() as port, impatient(total_seconds=60) as sender:
        url = f"http://127.0.0.1:{port}/"
        result = ends_within(CONNECT_SECONDS, lambda: sender.post(url, {}, b"{}"))
    assert result.error is ErrorClass.CONNECT_TIMEOUT
    assert result.timings.total_ms < 1000 * SLACK_SECONDS


def test_all_addresses_of_a_host_share_one_connect_deadline() -> None:
    def many(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", port)] + [(f"127.0.1.{last}", port) for last in range(1, 50)]

    with full_backlog() as port, impatient(resolver=many, total_seconds=60) as sender:
        url = f"http://many.test:{port}/"
        result = ends_within(CONNECT_SECONDS, lambda: sender.post(url, {}, b"{}"))
    assert result.error is ErrorClass.CONNECT_REFUSED
    assert result.timings.total_ms < 1000 * SLACK_SECONDS


def test_the_next_address_is_tried_when_one_does_not_accept() -> None:
    def two(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.2", port), ("127.0.0.1", port)]

    with (
        receiving(answering()) as receiver,
        impatient(resolver=two, connect_seconds=30, total_seconds=60) as sender,
    ):
        result = sender.post(receiver.url(host="two.test"), {}, b"{}")
    assert result.status == 200
    assert result.address == f"127.0.0.1:{receiver.port}"


def test_every_address_is_tried_within_the_connect_deadline() -> None:
    def many(host: str, port: int) -> list[tuple[str, int]]:
        return [(f"127.0.0.{last}", port) for last in (2, 3, 4, 5, 6, 7, 1)]

    with (
        receiving(answering()) as receiver,
        full_backlog("127.0.0.2", receiver.port),
        full_backlog("127.0.0.7", receiver.port),
        impatient(resolver=many, connect_seconds=30, total_seconds=60) as sender,
    ):
        result = sender.post(receiver.url(host="many.test"), {}, b"{}")
    assert result.status == 200
    assert result.address == f"127.0.0.1:{receiver.port}"


def test_the_address_that_accepted_last_is_tried_first() -> None:
    def two(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.2", port), ("127.0.0.1", port)]

    with (
        receiving(answering(close=True)) as receiver,
        full_backlog("127.0.0.2", receiver.port),
        impatient(resolver=two, connect_seconds=30, total_seconds=60) as sender,
    ):
        connect_ms = []
        for _ in range(5):
            result = sender.post(receiver.url(host="two.test"), {}, b"{}")
            assert result.status == 200
            connect_ms.append(result.timings.connect_ms or 0)
        assert receiver.connections == 5
    stagger_ms = STAGGER_SECONDS * 1000
    assert min(connect_ms[1:]) < stagger_ms - 50 <= connect_ms[0]


def test_name_servers_that_never_answer_are_given_up_at_the_connect_deadline() -> None:
    released = threading.Event()

    def never(host: str, port: int) -> list[tuple[str, int]]:
        released.wait(60)
        return []

    with impatient(resolver=never, total_seconds=60) as sender:
        url = "http://stuck.test/"
        result = ends_within(CONNECT_SECONDS, lambda: sender.post(url, {}, b"{}"))
        released.set()
    assert result.error is ErrorClass.DNS_TIMEOUT
    assert "stuck.test" in result.error_detail
    assert result.timings.total_ms < 1000 * SLACK_SECONDS


def test_the_whole_table_of_attacks_leaves_a_worker_as_it_was() -> None:
    """Given a worker process, each attack from four threads at once, one after the other."""
    attacks = ENDLESS_HEADS | ENDLESS_BODIES | FLOODS
    with ExitStack() as running:
        attackers = [running.enter_context(receiving(a)) for a in attacks.values()]
        plain = running.enter_context(receiving(answering()))
        urls = [attacker.url() for attacker in attackers]
        worker = subprocess.run(
            [sys.executable, "-c", _WORKER, json.dumps({"plain": plain.url(), "attacks": urls})],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert worker.returncode == 0, worker.stderr
    grown = json.loads(worker.stdout)
    assert grown["attempts"] == 4 * len(urls)
    assert grown["memory_bytes"] < MEMORY_GROWTH_MAX
    assert grown["files"] <= 0
    assert grown["threads"] == 0


#: Prints by how much the peak memory, the open files and the threads grew over the attacks.
_WORKER = """
import json, os, resource, sys, threading
from workers.sender import Sender

told = json.loads(sys.argv[1])
sender = Sender(allow_private=True, connect_seconds=0.3, total_seconds=0.3)
patient = Sender(allow_private=True)
results = []

def attempt(sender, url):
    results.append(sender.post(url, {}, b"{}"))

def four_at_once(sender, url):
    threads = [threading.Thread(target=attempt, args=(sender, url)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def used():
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak_kib * 1024, len(os.listdir("/proc/self/fd")), threading.active_count()

four_at_once(patient, told["plain"])
assert [result.status for result in results] == [200] * 4, results
results.clear()
before = used()
for url in told["attacks"]: four_at_once(sender, url)
grown = [after - earlier for after, earlier in zip(used(), before)]
names = ("memory_bytes", "files", "threads")
print(json.dumps(dict(zip(names, grown), attempts=len(results))))
"""


def test_a_process_without_descriptors_blames_itself() -> None:
    """Given a worker process that can open nothing more, a literal address and a name."""
    with receiving(answering()) as receiver:
        urls = [receiver.url(), receiver.url(host="localhost"), receiver.url(host="no.test")]
        worker = subprocess.run(
            [sys.executable, "-c", _FULL_WORKER, *urls],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert worker.returncode == 0, worker.stderr
    assert worker.stdout.split() == ["sender_failed"] * 3


#: Prints the errors of attempts for which there is no descriptor.
_FULL_WORKER = """
import os, resource, sys
from workers.sender import Sender

sender = Sender(allow_private=True)
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, limits[1]))
errors = [sender.post(url, {}, b"{}").error for url in sys.argv[1:]]
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
print(*errors)
"""
