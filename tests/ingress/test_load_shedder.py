"""What callers hear when more captures come than can be begun: by a real server and sockets."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from starlette.types import Message, Receive, Scope, Send

from app.ingress import load_shedder
from app.ingress.load_shedder import LoadShedder
from scripts.system.ports import free_port
from tests.flow.raw_http import Answer, Connection, request
from tests.waiting import eventually

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 30.0
BODY = b'{"email": "ada@example.com"}'
PORT = free_port()
SERVE = (
    "from app.server import serve; serve('tests.ingress.shedding_app:make_app',"
    f" host='127.0.0.1', port={PORT}, workers=1, idle_seconds=60, port_setting='PORT')"
)


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """A server of the application, in a process of its own."""
    environ = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen([sys.executable, "-c", SERVE], cwd=CHECKOUT, env=environ) as process:
        try:
            eventually(is_served, PATIENCE_SECONDS)
            yield
        finally:
            process.terminate()


def is_served() -> bool:
    try:
        with closing(Connection(PORT)) as connection:
            return capture(connection, "/").status == 202
    except OSError:
        return False


@pytest.fixture
def caller(server: None) -> Iterator[Connection]:
    """One connection."""
    with closing(Connection(PORT)) as connection:
        yield connection


def capture(
    connection: Connection, target: str = "/full", *headers: str, body: bytes = BODY
) -> Answer:
    connection.send(request(target=target, headers=("Host: localhost", *headers), body=body))
    return connection.read_answer()


def test_a_refusal_is_the_documented_envelope_and_a_page_can_read_it(caller: Connection) -> None:
    origin, request_id = "Origin: https://shop.example", "X-Request-Id: mine"
    status, headers, body = capture(caller, "/full", origin, request_id)

    assert (status, headers["content-type"]) == (503, "application/json")
    assert headers["retry-after"] == "5"
    assert headers["access-control-allow-origin"] == "https://shop.example"
    assert headers["x-request-id"] == "mine"
    error = json.loads(body)["error"]
    assert (error["code"], error["request_id"]) == ("unavailable", "mine")


def test_the_visitor_of_a_form_reads_a_page(caller: Connection) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    status, headers, body = capture(caller, "/full", "Accept: text/html", form, body=b"")

    assert (status, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert b"try again" in body


def test_after_a_refusal_the_connection_serves_as_before(caller: Connection) -> None:
    assert [capture(caller).status for _ in range(3)] == [503] * 3
    assert capture(caller, "/")[::2] == (202, BODY)


@pytest.mark.parametrize("size", [100, 60_000])
def test_a_client_that_sends_all_of_its_body_first_reads_the_refusal(
    caller: Connection, size: int
) -> None:
    assert capture(caller, body=b"x" * size).status == 503


def test_a_client_that_asks_before_sending_its_body_is_spared_that(caller: Connection) -> None:
    asking = request(target="/full", headers=("Host: localhost", "Expect: 100-continue"), body=BODY)
    caller.send(asking[: -len(BODY)])
    assert caller.read_answer().status == 503


@pytest.mark.parametrize("method", ["OPTIONS", "GET", "PUT"])
def test_only_posts_are_refused(caller: Connection, method: str) -> None:
    caller.send(request(method, "/full"))
    assert caller.read_answer().status == 202


def test_captures_beyond_a_turn_wait_and_are_all_served(server: None) -> None:
    with ExitStack() as stack:
        callers = [stack.enter_context(closing(Connection(PORT))) for _ in range(50)]
        for each in callers:
            each.send(request(body=BODY))
        answers = [each.read_answer()[::2] for each in callers]

    assert answers == [(202, BODY)] * 50


def test_a_caller_that_leaves_keeps_nobody_from_being_served(caller: Connection) -> None:
    for _ in range(20):
        with closing(Connection(PORT)) as leaving:
            leaving.send(request(body=BODY))
    assert capture(caller, "/").status == 202


class Turns:
    """Counts the turns of the event loop, and in which of them each request was begun."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, int]] = []
        self.refused: list[int] = []
        self._turn = 0

    async def run(self, shedder: LoadShedder, requests: int) -> None:
        """Make so many requests at once, and wait for all of them."""
        counting = asyncio.create_task(self._count())
        await asyncio.gather(*(self._ask(shedder, number) for number in range(requests)))
        counting.cancel()

    async def _count(self) -> None:
        while True:
            self._turn += 1
            await asyncio.sleep(0)

    async def _ask(self, shedder: LoadShedder, number: int) -> None:
        async def send(message: Message) -> None:
            if message.get("status") == 503:
                self.refused.append(number)

        scope = {"method": "POST", "path": "/capture", "headers": [], "number": number}
        await shedder(scope, no_body, send)

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application."""
        self.begun.append((scope["number"], self._turn))


async def no_body() -> Message:
    return {"type": "http.request", "body": b""}


def test_a_few_are_begun_in_each_turn_in_the_order_of_their_coming() -> None:
    turns = Turns()
    asyncio.run(turns.run(LoadShedder(turns.begin, per_turn=2), 7))
    begun_in = [turn for _, turn in turns.begun]

    assert [number for number, _ in turns.begun] == list(range(7))
    assert max(begun_in.count(turn) for turn in begun_in) == 2
    assert turns.refused == []


def test_what_the_queue_cannot_hold_is_refused_and_those_that_wait_are_served() -> None:
    turns = Turns()
    asyncio.run(turns.run(LoadShedder(turns.begin, per_turn=2, waiting_max=3), 9))

    assert [number for number, _ in turns.begun] == [0, 1, 2, 3, 4]
    assert turns.refused == [5, 6, 7, 8]


def test_after_a_burst_there_is_room_again() -> None:
    turns = Turns()

    async def two_bursts() -> None:
        shedder = LoadShedder(turns.begin, per_turn=2, waiting_max=3)
        await turns.run(shedder, 5)
        await turns.run(shedder, 5)

    asyncio.run(two_bursts())
    assert (len(turns.begun), turns.refused) == (10, [])


def test_the_log_tells_of_many_refusals_in_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(load_shedder, "TELL_SECONDS", 0.1)
    turns = Turns()

    async def refuse_seven() -> None:
        await turns.run(LoadShedder(turns.begin, waiting_max=0), 7)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not caplog.records:
                await asyncio.sleep(0.01)

    with caplog.at_level(logging.WARNING):
        asyncio.run(refuse_seven())

    (record,) = caplog.records
    assert (record.message, record.__dict__["refused"]) == ("capture.overload", 7)
