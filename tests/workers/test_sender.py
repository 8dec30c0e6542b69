"""The ordinary way of an attempt: what goes out, what comes back, on which connection."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.domain.delivery.attempt import AttemptResult, ErrorClass
from tests.workers.attackers import (
    OK,
    Receiver,
    answering,
    hanging_up,
    read_request,
    receiving,
    reset,
    resetting,
)
from workers.sender import Sender


@pytest.fixture
def sender() -> Iterator[Sender]:
    sender = Sender(allow_private=True, connect_seconds=20, total_seconds=60)
    yield sender
    sender.close()


def answered(sender: Sender, answer: bytes) -> AttemptResult:
    with receiving(answering(answer, close=True)) as receiver:
        return sender.post(receiver.url(), {}, b"{}")


def test_the_request_goes_out_as_given(sender: Sender) -> None:
    with receiving(answering()) as receiver:
        result = sender.post(
            receiver.url(path="/in?a=b%20c"), {"X-Rex-Event": "ping", "User-Agent": "Rex"}, b"{}"
        )
    request_line, *lines = receiver.requests[0].split(b"\r\n")
    assert result.status == 200
    assert request_line == b"POST /in?a=b%20c HTTP/1.1"
    assert sorted(lines) == [
        b"Accept-Encoding: identity",
        b"Content-Length: 2",
        b"Host: 127.0.0.1:%d" % receiver.port,
        b"User-Agent: Rex",
        b"X-Rex-Event: ping",
    ]


def test_the_answer_comes_back_with_address_and_timings(sender: Sender) -> None:
    answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 17\r\nX-A: 1\r\nContent-Length: 4\r\n\r\nbusy"
    with receiving(answering(answer)) as receiver:
        first = sender.post(receiver.url(host="localhost"), {}, b"{}")
        second = sender.post(receiver.url(host="localhost"), {}, b"{}")
    assert (first.status, first.error, first.error_detail) == (503, None, "")
    assert (first.retry_after, first.body_prefix) == ("17", b"busy")
    assert first.headers == (("Retry-After", "17"), ("X-A", "1"), ("Content-Length", "4"))
    assert first.address == second.address == f"127.0.0.1:{receiver.port}"
    phases = (first.timings.dns_ms, first.timings.connect_ms, first.timings.first_byte_ms)
    assert all(ms is not None and 0 <= ms <= first.timings.total_ms for ms in phases)
    assert first.timings.tls_ms is None
    assert (second.timings.dns_ms, second.timings.connect_ms) == (None, None)


def test_a_connection_serves_attempt_after_attempt(sender: Sender) -> None:
    with receiving(answering()) as receiver:
        for _ in range(20):
            assert sender.post(receiver.url(), {}, b"{}").status == 200
    assert receiver.connections == 1


def test_a_kept_connection_needs_no_look_up() -> None:
    asked = []

    def resolver(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        return [("127.0.0.1", port)]

    sender = Sender(allow_private=True, resolver=resolver)
    with receiving(answering()) as receiver:
        for _ in range(3):
            assert sender.post(receiver.url(host="hooks.test"), {}, b"{}").status == 200
    assert asked == ["hooks.test"]
    sender.close()


def test_closing_the_sender_closes_its_idle_connections(sender: Sender) -> None:
    with receiving(answering()) as receiver:
        sender.post(receiver.url(), {}, b"{}")
        sender.close()
        receiver.wait_for_closed(1)


def test_only_so_many_idle_connections_are_kept_to_one_host() -> None:
    sender = Sender(allow_private=True, connections_per_host=2)
    together = threading.Barrier(6)

    def answer_together(connection: socket.socket, receiver: Receiver) -> None:
        while read_request(connection, receiver):
            together.wait(timeout=30)
            connection.sendall(OK)

    with receiving(answer_together) as receiver:
        in_parallel(6, lambda: sender.post(receiver.url(), {}, b"{}"))
        receiver.wait_for_closed(4)
        sender.close()
        receiver.wait_for_closed(6)


def test_the_connection_unused_for_longest_makes_room_for_another_host_s() -> None:
    sender = Sender(allow_private=True, idle_connections=2)
    with (
        receiving(answering()) as first,
        receiving(answering()) as second,
        receiving(answering()) as third,
    ):
        for receiver in (first, second, first, third, first, third):
            assert sender.post(receiver.url(), {}, b"{}").status == 200
        second.wait_for_closed(1)
        assert (first.connections, third.connections) == (1, 1)
    sender.close()


def test_a_thousand_hosts_hold_no_more_connections_than_are_kept_in_all() -> None:
    def anywhere(host: str, port: int) -> list[tuple[str, int]]:
        return [("127.0.0.1", port)]

    sender = Sender(allow_private=True, idle_connections=20, resolver=anywhere)
    with receiving(answering()) as receiver:
        for number in range(1000):
            assert sender.post(receiver.url(host=f"r{number}.test"), {}, b"{}").status == 200
        receiver.wait_for_closed(980)
        assert receiver.connections - receiver.closed == 20
        sender.close()


def test_a_connection_that_the_receiver_closed_meanwhile_is_replaced(sender: Sender) -> None:
    with receiving(answering(close=True)) as receiver:
        for count in range(1, 4):
            assert sender.post(receiver.url(), {}, b"{}").status == 200
            receiver.wait_for_closed(count)
        assert receiver.connections == 3


@pytest.mark.parametrize("breaking", [hanging_up, resetting])
def test_a_kept_connection_that_breaks_as_the_request_arrives_is_tried_anew_once(
    sender: Sender, breaking: object
) -> None:
    def answer_once_then_break(connection: socket.socket, receiver: Receiver) -> None:
        read_request(connection, receiver)
        connection.sendall(OK)
        assert callable(breaking)
        breaking(connection, receiver)

    with receiving(answer_once_then_break) as receiver:
        results = [sender.post(receiver.url(), {}, b"{}") for _ in range(2)]
        assert [result.status for result in results] == [200, 200]
        assert (receiver.connections, len(receiver.requests)) == (2, 3)


@pytest.mark.parametrize("breaking", [hanging_up, resetting])
def test_a_new_connection_that_breaks_is_not_tried_again(sender: Sender, breaking: object) -> None:
    assert callable(breaking)
    with receiving(breaking) as receiver:
        result = sender.post(receiver.url(), {}, b"{}")
    assert result.error is ErrorClass.CONNECTION_RESET
    assert result.status is None
    assert receiver.connections == 1


def test_an_answer_broken_after_its_first_byte_is_not_tried_again(sender: Sender) -> None:
    def answer_once_then_half(connection: socket.socket, receiver: Receiver) -> None:
        read_request(connection, receiver)
        connection.sendall(OK)
        read_request(connection, receiver)
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-")
        # A reset takes back what has not been read yet.
        receiver.pause(0.3)
        reset(connection)

    with receiving(answer_once_then_half) as receiver:
        assert sender.post(receiver.url(), {}, b"{}").status == 200
        broken = sender.post(receiver.url(), {}, b"{}")
        assert broken.error is ErrorClass.CONNECTION_RESET
        assert (receiver.connections, len(receiver.requests)) == (1, 2)


def test_two_hundred_threads_share_a_sender() -> None:
    sender = Sender(allow_private=True, connections_per_host=200, total_seconds=60)
    with receiving(answering()) as receiver:
        results: list[AttemptResult] = []
        in_parallel(
            200,
            lambda: results.extend(sender.post(receiver.url(), {}, b"{}") for _ in range(5)),
        )
    assert [result.status for result in results] == [200] * 1000
    assert receiver.connections <= 200
    sender.close()


def test_what_arrives_unasked_on_a_kept_connection_is_no_answer(sender: Sender) -> None:
    heard, sent = threading.Event(), threading.Event()

    def answer_twice(connection: socket.socket, receiver: Receiver) -> None:
        read_request(connection, receiver)
        connection.sendall(OK)
        assert heard.wait(30)
        connection.sendall(OK.replace(b"200 OK", b"410 No"))
        sent.set()

    with receiving(answer_twice) as receiver:
        assert sender.post(receiver.url(), {}, b"{}").status == 200
        heard.set()
        assert sent.wait(30)
        assert sender.post(receiver.url(), {}, b"{}").status == 200
        assert receiver.connections == 2


def test_a_refusal_before_the_request_was_read_is_heard(sender: Sender) -> None:
    def refuse_unread(connection: socket.socket, receiver: Receiver) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with receiving(refuse_unread) as receiver:
        assert sender.post(receiver.url(), {}, bytes(8 * 1024 * 1024)).status == 413


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers_and_never_followed(sender: Sender, status: int) -> None:
    with receiving(answering()) as canary:
        location = f"Location: {canary.url()}\r\n".encode()
        head = b"HTTP/1.1 %d Elsewhere\r\n" % status
        result = answered(sender, head + location + b"Content-Length: 0\r\n\r\n")
        assert (result.status, result.error) == (status, None)
        assert canary.connections == 0


def test_the_environment_s_proxies_are_not_used(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(answering()) as proxy, receiving(answering()) as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert sender.post(receiver.url(), {}, b"{}").status == 200
        assert (proxy.connections, receiver.connections) == (0, 1)


@pytest.mark.parametrize(
    ("coding", "compress"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
    ],
)
def test_a_body_compressed_unasked_is_shown_readable(
    sender: Sender, coding: str, compress: object
) -> None:
    assert callable(compress)
    body = compress(b"readable " * 1000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    result = answered(sender, head.encode() + body)
    assert (result.status, result.error) == (200, None)
    assert result.body_prefix == (b"readable " * 1000)[:4096]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnot zip",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot zip",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nnot zip\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nnot zip\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nnot zip",
        b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\nnot zip",
    ],
)
def test_a_flaw_in_the_body_leaves_the_status_and_what_was_read(
    sender: Sender, answer: bytes
) -> None:
    result = answered(sender, answer)
    assert (result.status, result.error, result.body_prefix) == (200, None, b"not zip")


@pytest.mark.parametrize("length", [4096, 65535, 65536, 65537, 1_000_000])
def test_four_kib_of_a_body_are_kept_whatever_its_length(sender: Sender, length: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    result = answered(sender, head + b"x" * length)
    assert (result.status, result.error) == (200, None)
    assert result.body_prefix == b"x" * 4096


@pytest.mark.parametrize(("length", "connections"), [(60_000, 1), (200_000, 2)])
def test_a_short_body_is_read_for_the_connection_s_sake_and_a_long_one_is_not(
    sender: Sender, length: int, connections: int
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + b"x" * length
    with receiving(answering(answer)) as receiver:
        for _ in range(2):
            assert sender.post(receiver.url(), {}, b"{}").status == 200
        assert receiver.connections == connections


def test_headers_are_kept_within_bounds_and_without_control_characters(sender: Sender) -> None:
    many = b"".join(b"X-%d: %s\r\n" % (i, b"v" * 500) for i in range(80))
    odd = b"X-Odd: a\x00b\x1bc\r\nX-Long: " + b"l" * 5000 + b"\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nRetry-After: " + b"9" * 500 + b"\r\n"
    result = answered(sender, head + odd + many + b"\r\n")
    assert result.status == 200
    assert len(result.retry_after or "") == 100
    assert ("X-Odd", "a?b?c") in result.headers
    assert ("X-Long", "l" * 1024) in result.headers
    assert len(result.headers) <= 50
    assert sum(len(name) + len(value) for name, value in result.headers) <= 8192


def test_a_line_that_is_no_header_is_passed_over(sender: Sender) -> None:
    odd = b":x\r\nnonsense\r\n folded: y\r\nSpaced : z\r\n"
    answer = b"HTTP/1.1 200 OK\r\n" + odd + b"A: b:c \r\nB:\r\nContent-Length: 2\r\n\r\nok"
    with receiving(answering(answer)) as receiver:
        for _ in range(2):
            result = sender.post(receiver.url(), {}, b"{}")
            assert (result.status, result.error, result.body_prefix) == (200, None, b"ok")
            assert result.headers == (("A", "b:c"), ("B", ""), ("Content-Length", "2"))
        assert receiver.connections == 1


@pytest.mark.parametrize("status", [b"100 Continue", b"102 Processing", b"103 Early Hints", b"199"])
def test_an_answer_after_interim_ones_is_the_one(sender: Sender, status: bytes) -> None:
    interim = b"HTTP/1.1 %s\r\nX: y\r\n\r\n" % status * 2
    result = answered(sender, interim + b"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n")
    assert (result.status, result.error, result.body_prefix) == (204, None, b"")


def test_a_head_may_have_any_number_of_lines(sender: Sender) -> None:
    result = answered(sender, b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"\r\n")
    assert (result.status, result.error) == (200, None)


def test_a_wrong_length_leaves_the_status(sender: Sender) -> None:
    """Given connections that the receiver keeps open: all at once, since each attempt waits."""

    def post_twice(lengths: tuple[str, ...]) -> list[tuple[int | None, object, bytes]]:
        lines = "".join(f"Content-Length: {length}\r\n" for length in lengths)
        answer = f"HTTP/1.1 200 OK\r\n{lines}\r\nok".encode()
        with receiving(answering(answer)) as receiver:
            results = [sender.post(receiver.url(), {}, b"{}") for _ in range(2)]
        return [(result.status, result.error, result.body_prefix) for result in results]

    wrong = [("1", "2"), ("2", "2"), ("-2",), ("9" * 30,), ("1,1",), ("",)]
    with ThreadPoolExecutor(len(wrong)) as pool:
        outcomes = dict(zip(wrong, pool.map(post_twice, wrong), strict=True))
    assert outcomes == dict.fromkeys(wrong, [(200, None, b"ok")] * 2)


@pytest.mark.parametrize("end", [15, 20, 30])
def test_half_a_head_is_no_answer(sender: Sender, end: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    result = answered(sender, head[:end])
    assert (result.status, result.error) == (None, ErrorClass.CONNECTION_RESET)


@pytest.mark.parametrize(
    "answer",
    [
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 1000 High\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(60) + b"\r\n",
        b"\x15\x03\x03\x00\x02\x02\x46\r\n",
    ],
)
def test_what_is_not_an_answer_is_called_invalid(sender: Sender, answer: bytes) -> None:
    result = answered(sender, answer)
    assert (result.status, result.error) == (None, ErrorClass.INVALID_RESPONSE)
    assert "\n" not in result.error_detail
    assert len(result.error_detail) <= 300


def test_a_port_where_nothing_listens_is_called_so(sender: Sender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    result = sender.post(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert result.error is ErrorClass.CONNECT_REFUSED
    assert result.address == f"127.0.0.1:{port}"
    assert str(port) in result.error_detail


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nX-B: b"},
        {"X-A": "a\r\n b"},
        {"X-A": "a\nb"},
        {"X-A": "ä"},
        {"X-A": " a"},
        {"X-A": ""},
        {"X-A": "a\x00"},
        {"X A": "a"},
        {"X-A:": "a"},
        {"": "a"},
        {"Host": "other.example"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        {"Expect": "100-continue"},
    ],
)
def test_headers_that_would_break_the_request_are_the_caller_s_mistake(
    sender: Sender, headers: dict[str, str]
) -> None:
    with receiving(answering()) as receiver:
        with pytest.raises(ValueError, match="header"):
            sender.post(receiver.url(), headers, b"{}")
        assert receiver.connections == 0


def in_parallel(count: int, work: object) -> None:
    """Run the work in that many threads at once and wait for all."""
    assert callable(work)
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    ends_at = time.monotonic() + 120
    for thread in threads:
        thread.join(timeout=ends_at - time.monotonic())
        assert not thread.is_alive()
