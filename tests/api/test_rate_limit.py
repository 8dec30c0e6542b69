"""The limit of a key: a token bucket of a minute, told in headers on every answer."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from app.main import make_app
from config.settings import Settings
from tests.api.conftest import SECRET_KEY
from tests.asgi import Client

RATE = 3


@pytest.fixture
def ask(database_url: str, redis_url: str, key: str) -> Iterator[Client]:
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        secret_key=SECRET_KEY,
        api_rate_per_key=RATE,
    )
    client = Client(make_app(settings), {"x-api-key": key})
    client.start()
    yield client
    client.stop()


def test_a_key_over_its_rate_is_told_when_to_come_back(ask: Client) -> None:
    answers = [ask("GET", "/contacts") for _ in range(RATE + 1)]

    assert [answer.status for answer in answers] == [200] * RATE + [429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {str(RATE)}
    refused = answers[-1]
    assert refused.json["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(refused.headers["retry-after"]) <= 60 // RATE
    assert 0 < int(refused.headers["x-ratelimit-reset"]) - time.time() <= 61


def test_an_answer_to_a_wrong_key_tells_of_no_limit(ask: Client) -> None:
    answer = ask("GET", "/contacts", x_api_key="rex_test_wrong")
    assert answer.status == 401
    assert "x-ratelimit-limit" not in answer.headers
