"""Whatever Starlette or an endpoint of ours raises is answered in the documented envelope."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.domain.errors import Forbidden
from app.http import convertors
from app.http.exceptions import HANDLERS
from tests.asgi import Client


async def fail(request: Request) -> Response:
    """Raises what the path asks for."""
    match request.path_params["what"]:
        case "forbidden":
            raise Forbidden("Not yours")
        case "bug":
            raise LookupError("a secret of ours")
        case status:
            raise HTTPException(int(status))


async def found(request: Request) -> Response:
    return PlainTextResponse(request.path_params["id"])


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """An application of a few routes."""
    convertors.register()
    routes = [
        Route("/fail/{what}", fail, methods=["POST"]),
        Route("/things/new", found, methods=["PUT"]),
        Route("/things/{id:id}", found, methods=["GET"]),
        Route("/things/{id:id}", found, methods=["DELETE"]),
    ]
    client = Client(Starlette(routes=routes, exception_handlers=HANDLERS))
    client.start()
    yield client
    client.stop()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/fail/forbidden", 403, "forbidden"),
        ("/fail/400", 400, "bad_request"),
        ("/fail/413", 413, "payload_too_large"),
        ("/fail/415", 415, "unsupported_media_type"),
        ("/nowhere", 404, "not_found"),
    ],
)
def test_errors_have_a_code_and_the_callers_request_id(
    client: Client, path: str, status: int, code: str
) -> None:
    reply = client("POST", path, x_request_id="mine")

    assert reply.status == status
    assert reply.headers["x-request-id"] == "mine"
    assert reply.json["error"].items() >= {"code": code, "request_id": "mine"}.items()


def test_a_method_that_a_path_does_not_take_is_told_all_that_it_does(client: Client) -> None:
    reply = client("POST", "/things/thing_1")

    assert (reply.status, reply.headers["allow"]) == (405, "DELETE, GET, HEAD")


@pytest.mark.parametrize(("path", "status"), [("/things/thing_1", 200), ("/things/new", 405)])
def test_only_what_looks_like_an_id_is_routed_as_one(
    client: Client, path: str, status: int
) -> None:
    assert client("GET", path).status == status


def test_a_fault_of_ours_is_logged_and_not_told(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(LookupError):
        client("POST", "/fail/bug", x_request_id="mine")
    (record,) = [each for each in caplog.records if each.message == "request.failed"]

    assert record.__dict__["request_id"] == "mine"
    assert record.exc_info is not None
