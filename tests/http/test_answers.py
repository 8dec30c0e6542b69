"""The error envelope and the request id."""

from __future__ import annotations

import json

import pytest
from starlette.requests import HTTPConnection

from app.domain.errors import (
    Conflict,
    Invalid,
    MethodNotAllowed,
    NotFound,
    RateLimitExceeded,
    RexError,
    Unavailable,
)
from app.http.answers import connection_request_id, error_response, request_id_of


@pytest.mark.parametrize("sent", ["abc-123", "a" * 100, "00-4bf9/2+x=:._"])
def test_a_sane_request_id_is_kept(sent: str) -> None:
    assert request_id_of(sent) == sent


@pytest.mark.parametrize("sent", [None, "", "a" * 101, "a b", "é", "a\n"])
def test_any_other_request_id_is_replaced(sent: str | None) -> None:
    made = request_id_of(sent)

    assert made.startswith("req_")
    assert made != request_id_of(sent)


def test_a_request_keeps_the_id_that_it_was_given_first() -> None:
    connection = HTTPConnection({"type": "http", "headers": []})

    assert connection_request_id(connection) == connection_request_id(connection)


@pytest.mark.parametrize(
    ("error", "status", "more", "headers"),
    [
        (NotFound("No such org"), 404, {"code": "not_found", "message": "No such org"}, {}),
        (RexError(), 500, {"code": "internal"}, {}),
        (Invalid({"url": "is required"}), 422, {"field": "url"}, {}),
        (Invalid({"a": "x", "b": "y"}), 422, {"fields": {"a": "x", "b": "y"}}, {}),
        (Conflict(existing_id="cont_1"), 409, {"existing_id": "cont_1"}, {}),
        (RateLimitExceeded(7), 429, {}, {"retry-after": "7"}),
        (Unavailable(), 503, {}, {"retry-after": "5"}),
        (MethodNotAllowed(allowed="GET"), 405, {}, {"allow": "GET"}),
    ],
)
def test_an_error_is_answered_in_the_documented_envelope(
    error: RexError, status: int, more: dict[str, object], headers: dict[str, str]
) -> None:
    answer = error_response(error, "req_1", {"X-More": "yes"})
    inner = json.loads(bytes(answer.body))["error"]

    assert answer.status_code == status
    assert inner.items() >= {"request_id": "req_1", **more}.items()
    expected = {"x-request-id": "req_1", "x-more": "yes", **headers}
    assert dict(answer.headers).items() >= expected.items()
