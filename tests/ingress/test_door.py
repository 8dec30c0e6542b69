"""What a connection hears when more captures come than can be begun: by real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.ingress import turnstile
from app.ingress.door import TURNSTILE, Door
from app.ingress.turnstile import Turnstile
from app.serving import server as serving
from app.serving.server import Server

BODY = b'{"email": "ada@example.com"}'
PATIENCE_SECONDS = 10.0


async def echo(request: Request) -> Response:
    """Tells what arrived; 202 so that it is no error."""
    return PlainTextResponse(await request.body(), status_code=202)


def make_app() -> Starlette:
    """The routes that the door tells apart, and nothing behind them."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        yield {TURNSTILE: Turnstile()}

    methods = ["POST", "GET", "OPTIONS"]
    routes = [Route(path, echo, methods=methods) for path in ("/capture", "/contacts")]
    return Starlette(routes=routes, lifespan=lifespan)


@contextmanager
def running_server() -> Iterator[tuple[Server, tuple[str, int]]]:
    """Our server in a thread, and where it serves; it ends without any grace."""
    config = uvicorn.Config(
        make_app(), http=Door, loop="uvloop", ws="none", log_config=None, timeout_keep_alive=60
    )
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield server, listening.getsockname()
    server.should_exit = server.force_exit = True
    thread.join()


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Where a server serves that all tests may use."""
    with running_server() as (_, address):
        yield address


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No room in the line, until it is undone."""
    monkeypatch.setattr(turnstile, "LINE_MAX", 0)
    return monkeypatch


class Caller:
    """One connection."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=PATIENCE_SECONDS)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def hear(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(": ")
            headers[name] = value
        return status, headers, self._file.read(int(headers.get("content-length", 0)))

    def hung_up(self) -> bool:
        """Whether the other side ends the connection in good order."""
        return self._file.read() == b""


@pytest.fixture
def caller(address: tuple[str, int]) -> Iterator[Caller]:
    with closing(Caller(address)) as one:
        yield one


def request(method: str = "POST", path: str = "/capture", **headers: str) -> bytes:
    """A request with a body; header names are written with underscores."""
    given = {"Host": "localhost", "Content-Length": str(len(BODY)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + BODY


def test_a_refusal_is_the_documented_envelope_and_a_page_can_read_it(
    full: pytest.MonkeyPatch, caller: Caller
) -> None:
    caller.send(request(Origin="https://shop.example", X_Request_Id="mine"))
    status, headers, body = caller.hear()

    assert status == 503
    assert headers["retry-after"] == "5"
    assert headers["access-control-allow-origin"] == "https://shop.example"
    assert headers["content-type"] == "application/json"
    assert headers["x-request-id"] == "mine"
    error = json.loads(body)["error"]
    assert (error["code"], error["request_id"]) == ("unavailable", "mine")


def test_the_visitor_of_a_form_reads_a_page(full: pytest.MonkeyPatch, caller: Caller) -> None:
    caller.send(request(Accept="text/html", Content_Type="application/x-www-form-urlencoded"))
    status, headers, body = caller.hear()

    assert (status, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert b"try again" in body


def test_after_a_refusal_the_connection_serves_as_before(
    full: pytest.MonkeyPatch, caller: Caller
) -> None:
    refused = request()
    caller.send(refused[:-10])
    assert caller.hear()[0] == 503
    caller.send(refused[-10:])
    caller.send(request() + request())
    assert [caller.hear()[0], caller.hear()[0]] == [503, 503]

    full.undo()
    caller.send(request())
    assert caller.hear()[::2] == (202, BODY)


def test_a_caller_who_asks_for_it_is_hung_up_on_once_the_body_is_read(
    full: pytest.MonkeyPatch, caller: Caller
) -> None:
    refused = request(Connection="close")
    caller.send(refused[:-10])
    assert caller.hear()[0] == 503
    caller.send(refused[-10:])
    assert caller.hung_up()


def test_a_refusal_by_a_process_that_stops_ends_its_connection(
    full: pytest.MonkeyPatch,
) -> None:
    full.setattr(serving, "GRACE_SECONDS", 6 * PATIENCE_SECONDS)
    with running_server() as (server, address), closing(Caller(address)) as caller:
        caller.send(request())
        assert caller.hear()[1].get("connection") is None
        server.should_exit = True
        headers: dict[str, str] = {}
        while "connection" not in headers:  # until it has noticed
            caller.send(request())
            status, headers, _ = caller.hear()
            assert status == 503
        assert headers["connection"] == "close"
        assert caller.hung_up()


@pytest.mark.parametrize(
    ("method", "path"), [("OPTIONS", "/capture"), ("GET", "/capture"), ("POST", "/contacts")]
)
def test_only_captures_are_refused(
    method: str, path: str, full: pytest.MonkeyPatch, caller: Caller
) -> None:
    caller.send(request(method, path))
    assert caller.hear()[::2] == (202, BODY)


def test_a_caller_who_asks_before_sending_the_body_is_told_to_go_on(
    full: pytest.MonkeyPatch, caller: Caller
) -> None:
    asking = request(Expect="100-continue")
    caller.send(asking[: -len(BODY)])
    assert caller.hear() == (100, {}, b"")
    caller.send(BODY)
    assert caller.hear()[::2] == (202, BODY)


def test_captures_beyond_a_turn_wait_and_are_all_served(
    monkeypatch: pytest.MonkeyPatch, address: tuple[str, int]
) -> None:
    monkeypatch.setattr(turnstile, "PER_TURN", 1)
    authenticator = [Caller(address) for _ in range(50)]
    for each in authenticator:
        each.send(request())
    heard = [each.hear()[::2] for each in authenticator]
    for each in authenticator:
        each.close()

    assert heard == [(202, BODY)] * 50


def test_a_caller_who_leaves_the_line_keeps_nobody_from_being_served(
    monkeypatch: pytest.MonkeyPatch, address: tuple[str, int], caller: Caller
) -> None:
    monkeypatch.setattr(turnstile, "PER_TURN", 1)
    leaving = [Caller(address) for _ in range(20)]
    for each in leaving:
        each.send(request())
        each.close()
    caller.send(request())
    assert caller.hear()[0] == 202
