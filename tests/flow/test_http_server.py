"""The web process against clients that speak HTTP oddly, badly or not at all: by real sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from scripts.system.whole import WholeSystem
from tests.flow.raw_http import Answer, Connection, request
from tests.flow.systems import running_system

LEAD = b'{"email": "ada@example.com"}'
IDLE_SECONDS = 2


@pytest.fixture(scope="module")
def system() -> Iterator[WholeSystem]:
    """A system whose connections may be idle for two seconds."""
    with running_system(IDLE_CONNECTION_SECONDS=str(IDLE_SECONDS)) as whole:
        yield whole


@pytest.fixture
def connection(system: WholeSystem) -> Iterator[Connection]:
    with closing(Connection(system.settings.port)) as one:
        yield one


def contact_id(answer: Answer) -> str:
    """The id that a capture was answered with; it tells the org."""
    assert answer.status == 202, answer
    return str(json.loads(answer.body)["data"]["id"])


def error_code(answer: Answer) -> str:
    """The code of a refusal in the envelope, whose request id the header tells, too."""
    error = json.loads(answer.body)["error"]
    assert error["request_id"] == answer.headers["x-request-id"]
    return str(error["code"])


@pytest.mark.parametrize(
    "offer",
    [
        ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
        ("Connection: Upgrade", "Upgrade: websocket"),
        (
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
        ("Connection: upgrade", "Upgrade: TLS/1.0"),
    ],
)
@pytest.mark.parametrize("apart", [False, True], ids=["one segment", "body in a later segment"])
def test_an_offer_to_upgrade_is_ignored_and_the_body_read(
    connection: Connection, offer: tuple[str, ...], apart: bool
) -> None:
    offered = request(headers=("Host: localhost", *offer), body=LEAD)
    if apart:
        connection.send(offered[: -len(LEAD)])
        time.sleep(0.1)  # the server has the head by then, most likely; else it proves less
        connection.send(LEAD)
    else:
        connection.send(offered)
    assert connection.read_answer().status == 202

    # The body was no request: the next answer is the next request's.
    connection.send(request("GET", "/healthz"))
    assert json.loads(connection.read_answer().body) == {"status": "ok"}


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST /capture HTTP/1.1\r\nHost: loc", request(body=LEAD)[: -len(LEAD)]],
    ids=["nothing", "half a head", "a head without its body"],
)
def test_a_connection_that_stays_silent_is_closed(connection: Connection, sent: bytes) -> None:
    began_at = time.monotonic()
    connection.send(sent)
    if sent.endswith(b"\r\n\r\n"):
        assert connection.read_answer().status == 400  # after the time for a body
    assert connection.is_closed()
    assert time.monotonic() - began_at > IDLE_SECONDS / 2


def test_a_kept_connection_is_closed_when_it_is_idle_for_long(connection: Connection) -> None:
    connection.send(request(body=LEAD))
    assert connection.read_answer().status == 202
    assert connection.is_closed()


def bytes_taken(connection: Connection, line: bytes, pause_seconds: float = 0) -> int:
    """How much of a head that never ends the server takes before it hangs up (100 MB at most)."""
    taken = 0
    connection.send(b"POST /capture HTTP/1.1\r\nHost: localhost\r\n")
    try:
        while taken < 100_000_000:
            connection.send(line)
            taken += len(line)
            time.sleep(pause_seconds)
    except OSError:
        pass
    return taken


def test_a_head_that_drips_is_cut_off(connection: Connection) -> None:
    line = b"X-Drip: 1\r\n"
    taken = bytes_taken(connection, line, pause_seconds=0.05)

    assert taken < 5 * IDLE_SECONDS / 0.05 * len(line)


def test_a_flood_of_header_lines_is_cut_off_early(connection: Connection) -> None:
    assert bytes_taken(connection, b"X-Flood: " + b"a" * 8000 + b"\r\n") < 50_000_000


def test_a_large_head_is_refused_in_the_envelope(connection: Connection) -> None:
    connection.send(request(headers=("Host: localhost", "X-Large: " + "a" * 40_000), body=LEAD))
    answer = connection.read_answer()

    assert (answer.status, error_code(answer)) == (413, "payload_too_large")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_trailers_are_no_headers(connection: Connection) -> None:
    connection.send(request(body=LEAD))
    expected = contact_id(connection.read_answer())

    connection.send(
        b"POST /capture HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
        b"%x\r\n%b\r\n0\r\n"
        % (len(LEAD), LEAD)
        + b"Host: globex.rex.test\r\nX-Api-Key: rex_live_wrong\r\n\r\n"
    )
    assert contact_id(connection.read_answer()) == expected


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        ("Host:",),
        ("Host: localhost", "Host: localhost"),
        ("Host: localhost", "Host: globex.rex.test"),
        ("Host: localhost, globex.rex.test",),
    ],
)
@pytest.mark.parametrize(
    ("method", "target"), [("POST", "/capture"), ("GET", "/contacts"), ("GET", "/nowhere")]
)
def test_a_missing_double_or_invalid_host_is_refused(
    connection: Connection, hosts: tuple[str, ...], method: str, target: str
) -> None:
    connection.send(request(method, target, headers=hosts, body=LEAD))
    answer = connection.read_answer()

    assert (answer.status, error_code(answer)) == (400, "bad_request")


def test_http_1_0_needs_no_host(connection: Connection) -> None:
    connection.send(request(headers=(), body=LEAD, version="1.0"))
    assert connection.read_answer().status == 202


def test_without_a_host_header_the_target_names_the_host(connection: Connection) -> None:
    connection.send(request(target="http://globex.rex.test/capture", headers=(), body=LEAD))
    answer = connection.read_answer()

    assert (answer.status, error_code(answer)) == (404, "not_found")


def test_blanks_around_a_value_do_not_count(connection: Connection, system: WholeSystem) -> None:
    padded = ("Host:  localhost \t", f"X-Api-Key: \t{system.api_key}  ")
    connection.send(request("GET", "/org", headers=padded))

    assert connection.read_answer().status == 200


def test_a_path_with_a_slash_at_its_end_is_served_or_not_found_but_not_redirected(
    connection: Connection,
) -> None:
    connection.send(request(target="/capture/", body=LEAD))
    assert connection.read_answer().status == 202

    for method, target in (("GET", "/contacts/"), ("POST", "/webhooks/"), ("GET", "/healthz/")):
        connection.send(request(method, target, headers=("Host: evil.example",)))
        answer = connection.read_answer()
        assert (answer.status, error_code(answer)) == (404, "not_found")
        assert "location" not in answer.headers
