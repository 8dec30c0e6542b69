"""TLS: the right name only, from an authority that is trusted, and nothing older than 1.2."""

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.delivery.attempt import AttemptResult, ErrorClass
from tests.tls import Authority, self_signed_context
from tests.workers.attackers import answering, receiving
from workers.sender import Sender
from workers.sending.connection import Connection
from workers.sending.resolver import SocketAddress


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def to_loopback(host: str, port: int) -> list[SocketAddress]:
    return [("127.0.0.1", port)]


def posted(
    context: ssl.SSLContext | None, ca_file: Path | None, host: str = "hooks.test"
) -> AttemptResult:
    sender = Sender(
        allow_private=True,
        total_seconds=30,
        ca_file=None if ca_file is None else str(ca_file),
        resolver=to_loopback,
    )
    with receiving(answering(), context) as receiver:
        result = sender.post(receiver.url("https", host=host), {}, b"{}")
        assert bool(receiver.requests) == (result.status == 200)
    sender.close()
    return result


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["hooks.test"], "hooks.test"),
        (["other.test", "hooks.test"], "hooks.test"),
        (["*.hooks.test"], "eu.hooks.test"),
        (["hooks.test"], "hooks.test."),
        (["hooks.test"], "HOOKS.test"),
        (["xn--bcher-kva.test"], "bücher.test"),
        (["127.0.0.1"], "127.0.0.1"),
    ],
)
def test_a_certificate_for_the_host_is_accepted(
    authority: Authority, names: list[str], host: str
) -> None:
    result = posted(authority.server_context(*names), authority.ca_file, host)
    assert (result.status, result.error, result.error_detail) == (200, None, "")
    assert result.timings.tls_ms is not None


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (["other.test"], "hooks.test"),
        (["*.hooks.test"], "hooks.test"),
        (["*.test"], "eu.hooks.test"),
        (["127.0.0.1"], "hooks.test"),
        (["127.0.0.2"], "127.0.0.1"),
        (["hooks.test"], "127.0.0.1"),
    ],
)
def test_a_certificate_for_another_host_is_refused(
    authority: Authority, names: list[str], host: str
) -> None:
    result = posted(authority.server_context(*names), authority.ca_file, host)
    assert result.error is ErrorClass.TLS_NAME_MISMATCH
    assert result.status is None
    assert result.address is not None


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    context = authority.server_context("hooks.test", valid_for=timedelta(days=-1))
    result = posted(context, authority.ca_file)
    assert result.error is ErrorClass.TLS_EXPIRED
    assert "expired" in result.error_detail


def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    unknown = Authority(tmp_path, "Unknown CA").server_context("hooks.test")
    assert posted(unknown, authority.ca_file).error is ErrorClass.TLS_UNTRUSTED
    assert posted(unknown, None).error is ErrorClass.TLS_UNTRUSTED


def test_a_self_signed_certificate_is_refused(authority: Authority, tmp_path: Path) -> None:
    context = self_signed_context(tmp_path, "hooks.test")
    assert posted(context, authority.ca_file).error is ErrorClass.TLS_UNTRUSTED


def test_the_server_is_told_the_host_name(authority: Authority) -> None:
    context = authority.server_context("hooks.test")
    told: list[str | None] = []
    context.sni_callback = lambda connection, name, _: told.append(name)
    assert posted(context, authority.ca_file, "hooks.test.").status == 200
    assert told == ["hooks.test"]


def test_one_tls_connection_serves_attempt_after_attempt(authority: Authority) -> None:
    context = authority.server_context("localhost")
    sender = Sender(allow_private=True, ca_file=str(authority.ca_file))
    with receiving(answering(), context) as receiver:
        url = receiver.url("https", host="localhost")
        results = [sender.post(url, {}, b"{}") for _ in range(5)]
    sender.close()
    assert [result.status for result in results] == [200] * 5
    assert [result.timings.tls_ms is None for result in results] == [False, *[True] * 4]
    assert receiver.connections == 1


def test_a_tls_connection_closed_meanwhile_is_replaced(authority: Authority) -> None:
    context = authority.server_context("localhost")
    sender = Sender(allow_private=True, ca_file=str(authority.ca_file))
    with receiving(answering(close=True), context) as receiver:
        url = receiver.url("https", host="localhost")
        for count in range(1, 4):
            assert sender.post(url, {}, b"{}").status == 200
            receiver.wait_for_closed(count)
    sender.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")
def test_tls_older_than_1_2_is_refused(authority: Authority) -> None:
    context = authority.server_context("hooks.test")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    result = posted(context, authority.ca_file)
    assert result.error is ErrorClass.TLS_FAILED
    assert "version" in result.error_detail


def test_a_port_that_does_not_speak_tls_is_called_so(authority: Authority) -> None:
    def greet(connection: object, receiver: object) -> None:
        connection.sendall(b"220 mail.example ESMTP ready\r\n")  # type: ignore[attr-defined]
        connection.recv(1000)  # type: ignore[attr-defined]

    sender = Sender(allow_private=True)
    with receiving(greet) as receiver:
        result = sender.post(receiver.url("https"), {}, b"{}")
    sender.close()
    assert result.error is ErrorClass.TLS_FAILED


def test_a_server_that_wants_a_certificate_of_us_is_called_so(authority: Authority) -> None:
    context = authority.server_context("hooks.test")
    context.verify_mode = ssl.CERT_REQUIRED
    result = posted(context, authority.ca_file)
    assert result.error is ErrorClass.TLS_FAILED
    assert "certificate required" in result.error_detail


def test_an_alert_that_came_before_the_request_left_is_read(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = authority.server_context("hooks.test")
    context.verify_mode = ssl.CERT_REQUIRED
    ca_file = str(authority.ca_file)
    sender = Sender(allow_private=True, ca_file=ca_file, resolver=to_loopback)
    send = Connection.post
    with receiving(answering(), context) as receiver:

        def send_late(*arguments: Any) -> None:
            receiver.wait_for_closed(1)
            send(*arguments)

        monkeypatch.setattr(Connection, "post", send_late)
        result = sender.post(receiver.url("https", host="hooks.test"), {}, b"{}")
    sender.close()
    assert result.error is ErrorClass.TLS_FAILED
    assert "certificate required" in result.error_detail


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_current_versions_work(authority: Authority, version: ssl.TLSVersion) -> None:
    context = authority.server_context("hooks.test")
    context.minimum_version = context.maximum_version = version
    assert posted(context, authority.ca_file).status == 200
