"""More captures than may be in progress are refused at once: by a real server and sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from starlette.types import Message, Scope

from app.ingress import load_shedder
from scripts.system.ports import free_port
from tests.flow.raw_http import Answer, Connection, request
from tests.flow.systems import wait_until
from tests.ingress.held_app import CAPTURES_MAX, Holding

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 30.0
BODY = b'{"email": "ada@example.com"}'
PORT = free_port()
SERVE = (
    "from app.server import serve; serve('tests.ingress.held_app:make_app',"
    f" host='127.0.0.1', port={PORT}, workers=1, idle_seconds=60)"
)


SCOPE: Scope = {"method": "POST", "path": "/capture", "headers": []}


async def receive() -> Message:
    return {"type": "http.request", "body": BODY}


async def send(message: Message) -> None:
    pass


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    """A server of the application, in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen([sys.executable, "-c", SERVE], cwd=CHECKOUT, env=environ) as process:
        try:
            wait_until(is_served, PATIENCE_SECONDS)
            yield
        finally:
            process.terminate()


@pytest.fixture
def open_connections() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def is_served() -> bool:
    try:
        return ask("/") == 0
    except OSError:
        return False


def ask(path: str) -> int:
    """How many captures were held when this was asked."""
    with closing(Connection(PORT)) as connection:
        connection.send(request("GET", path))
        return int(connection.read_answer().body)


@pytest.fixture
def held(open_connections: ExitStack) -> Iterator[list[Connection]]:
    """As many captures as may be in progress, not answered yet."""
    connections = [open_connections.enter_context(closing(Connection(PORT))) for _ in range(2)]
    for each in connections:
        each.send(request(body=BODY))
    wait_until(lambda: ask("/") == CAPTURES_MAX, PATIENCE_SECONDS)
    yield connections
    ask("/release")


@pytest.fixture
def refused(held: list[Connection], open_connections: ExitStack) -> Connection:
    """A connection that was not let in; nothing of the answer has been read."""
    return open_connections.enter_context(closing(Connection(PORT)))


def capture(connection: Connection, *headers: str, body: bytes = BODY) -> Answer:
    connection.send(request(headers=("Host: localhost", *headers), body=body))
    return connection.read_answer()


def test_a_refusal_is_the_documented_envelope_and_a_page_can_read_it(refused: Connection) -> None:
    began_at = time.monotonic()
    status, headers, body = capture(refused, "Origin: https://shop.example", "X-Request-Id: mine")

    assert time.monotonic() - began_at < 0.2
    assert (status, headers["content-type"]) == (503, "application/json")
    assert headers["retry-after"] == "5"
    assert headers["access-control-allow-origin"] == "https://shop.example"
    assert headers["x-request-id"] == "mine"
    error = json.loads(body)["error"]
    assert (error["code"], error["request_id"]) == ("unavailable", "mine")


def test_the_visitor_of_a_form_reads_a_page(refused: Connection) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    refused.send(request(headers=("Host: localhost", "Accept: text/html", form)))
    status, headers, body = refused.read_answer()

    assert (status, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert b"try again" in body


def test_after_a_refusal_the_connection_serves_as_before(
    held: list[Connection], refused: Connection
) -> None:
    assert [capture(refused).status for _ in range(3)] == [503] * 3

    ask("/release")
    assert [each.read_answer()[::2] for each in held] == [(202, BODY)] * 2
    refused.send(request(body=BODY))
    wait_until(lambda: ask("/release") == 1, PATIENCE_SECONDS)
    assert refused.read_answer()[::2] == (202, BODY)


@pytest.mark.parametrize("size", [100, 60_000])
def test_a_refusal_is_read_also_by_a_client_that_sends_a_large_body_first(
    refused: Connection, size: int
) -> None:
    assert capture(refused, body=b"x" * size).status == 503


def test_only_posts_are_refused(held: list[Connection], refused: Connection) -> None:
    for method in ("OPTIONS", "GET", "PUT"):
        refused.send(request(method, "/capture"))
        assert refused.read_answer().status == 202


def test_a_caller_that_asks_before_sending_the_body_is_refused_without_it(
    refused: Connection,
) -> None:
    asking = request(headers=("Host: localhost", "Expect: 100-continue"), body=BODY)
    refused.send(asking[: -len(BODY)])
    assert refused.read_answer().status == 503


def test_captures_that_wait_for_long_let_others_in(
    held: list[Connection], open_connections: ExitStack
) -> None:
    def try_once() -> bool:
        """Ask for one more to be held; True once one is."""
        connection = open_connections.enter_context(closing(Connection(PORT)))
        connection.send(request(body=BODY))
        return ask("/") > CAPTURES_MAX

    wait_until(try_once, PATIENCE_SECONDS)


def test_the_log_tells_of_many_refusals_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(load_shedder, "TELL_SECONDS", 0.5)
    shedder = load_shedder.LoadShedder(Holding(), captures_max=1)

    async def refuse_seven() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as captures:
            held = captures.create_task(shedder(SCOPE, receive, send))
            await asyncio.sleep(0)
            for _ in range(7):
                await shedder(SCOPE, receive, send)
            while not caplog.records:
                await asyncio.sleep(0.01)
            held.cancel()

    with caplog.at_level(logging.WARNING):
        asyncio.run(refuse_seven())

    (record,) = caplog.records
    assert (record.message, record.__dict__["refused"]) == ("capture.overload", 7)
