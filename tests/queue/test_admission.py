"""The script that admits: one database, one slot, any clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
import pytest
import redis

from app.domain.errors import QueueUnavailable
from app.queue import admission_client
from app.queue.admission import AdmissionRequest, AdmissionStatus
from app.queue.admission_client import AdmissionClient
from app.queue.jobs import CAPTURES, KEYS
from scripts.system.valkey import Valkey
from tests.queue.conftest import Engine
from tests.waiting import eventually

Answer = TypeVar("Answer")


def ask(
    url: str, question: Callable[[AdmissionClient], Awaitable[Answer]], depth_max: int = 100
) -> Answer:
    async def run() -> Answer:
        admission = AdmissionClient(url, depth_max)
        try:
            return await question(admission)
        finally:
            await admission.close()

    return asyncio.run(run())


def request(number: int, address_rate: int = 0, email_rate: int = 0) -> AdmissionRequest:
    return AdmissionRequest(
        capture=msgspec.json.encode({"id": number}),
        answer=b"answer %d" % number,
        dedupe_key=f"same:{number}",
        dedupe_ms=10_000,
        address_key="from:here",
        address_rate=address_rate,
        email_key=f"for:{number}",
        email_rate=email_rate,
    )


def statuses(url: str, *requests: AdmissionRequest, depth_max: int = 100) -> list[AdmissionStatus]:
    results = ask(url, lambda admission: admission.admit(requests), depth_max)
    return [result.status for result in results]


def queued(client: redis.Redis) -> list[Any]:
    found: Any = client.xrange(KEYS.stream(CAPTURES))
    return [msgspec.json.decode(fields[b"job"]) for _, fields in found]


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No slow disk turns a test of the script into one of an outage."""
    if request.function is not test_a_redis_that_hangs_costs_less_than_a_second:
        monkeypatch.setattr(admission_client, "REPLY_SECONDS", 20.0)


@pytest.fixture
def client(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url, protocol=2) as client:
        yield client


def test_what_is_admitted_at_once_is_one_job(redis_url: str, client: redis.Redis) -> None:
    assert statuses(redis_url, *(request(n) for n in range(3))) == [AdmissionStatus.ACCEPTED] * 3
    assert queued(client) == [
        {"actor_name": "record_captures", "args": [[{"id": 0}, {"id": 1}, {"id": 2}]]}
    ]


def test_a_duplicate_gets_the_first_answer_and_is_not_enqueued(
    redis_url: str, client: redis.Redis
) -> None:
    first, again = request(1), request(1)._replace(answer=b"another")
    results = ask(redis_url, lambda admission: admission.admit([first, again]))
    assert [result.status for result in results] == [
        AdmissionStatus.ACCEPTED,
        AdmissionStatus.DUPLICATE,
    ]
    assert results[1].first_answer == b"answer 1"
    assert statuses(redis_url, again) == [AdmissionStatus.DUPLICATE]
    assert len(queued(client)) == 1


def test_limits_of_the_caller_and_of_the_address(redis_url: str) -> None:
    found = statuses(redis_url, *(request(n, address_rate=2) for n in range(3)))
    assert found == [*[AdmissionStatus.ACCEPTED] * 2, AdmissionStatus.ADDRESS_LIMITED]
    same_address = [request(n, email_rate=1)._replace(email_key="for:x") for n in (10, 11)]
    assert statuses(redis_url, *same_address) == [
        AdmissionStatus.ACCEPTED,
        AdmissionStatus.EMAIL_LIMITED,
    ]


def test_a_full_queue_admits_nothing_but_still_counts_keyed_requests(
    redis_url: str, client: redis.Redis
) -> None:
    assert statuses(redis_url, request(1), depth_max=1) == [AdmissionStatus.ACCEPTED]
    assert statuses(redis_url, request(2), depth_max=1) == [AdmissionStatus.FULL]
    assert ask(redis_url, lambda admission: admission.take("key:1", 60), 1).allowed
    assert len(queued(client)) == 1


def test_a_token_bucket_holds_a_minute_s_worth(redis_url: str) -> None:
    async def empty(admission: AdmissionClient) -> list[tuple[bool, int]]:
        taken = [await admission.take("key:1", 3) for _ in range(4)]
        assert 0 < taken[-1].wait_ms <= 20_000
        return [(each.allowed, each.remaining) for each in taken]

    assert ask(redis_url, empty) == [(True, 2), (True, 1), (True, 0), (False, 0)]


def test_everything_lies_in_one_database_and_one_slot(redis_url: str, client: redis.Redis) -> None:
    async def use(admission: AdmissionClient) -> None:
        await admission.admit([request(1, 10, 10)])
        await admission.take("key:1", 10)
        await admission.add_refusals({("org_1", "validation_failed"): 1})
        await admission.check_writable()

    ask(redis_url, use)
    keys: Any = client.keys("*")
    assert len(keys) >= 6
    assert all(key.startswith(b"{rex}:") for key in keys)
    assert list(client.info("keyspace")) == ["db0"]


@pytest.mark.parametrize("key", ["from:here", "for:1"])
def test_a_limit_from_before_redis_clock_was_set_back_turns_nobody_away(
    redis_url: str, client: redis.Redis, key: str
) -> None:
    in_an_hour = (time.time() + 3600) * 1000
    client.set(f"{{rex}}:{key}", f"{in_an_hour:.3f}", ex=7200)
    assert statuses(redis_url, request(1, 10, 10)) == [AdmissionStatus.ACCEPTED]
    # From here on it is an ordinary bucket again.
    stored = float(client.get(f"{{rex}}:{key}") or 0)
    assert stored < (time.time() + 60) * 1000


def test_a_server_that_forgot_the_script_is_taught_it_again(
    redis_url: str, client: redis.Redis
) -> None:
    for number in range(3):
        client.script_flush()
        assert statuses(redis_url, request(number)) == [AdmissionStatus.ACCEPTED]


def test_connections_to_a_demoted_server_are_let_go_of(own_redis: Valkey, engine: Engine) -> None:
    """After a failover by name or address, the next connection reaches the new server."""
    if engine.cluster:
        pytest.skip("REPLICAOF is not for clusters")
    control = redis.Redis.from_url(own_redis.url, protocol=2)

    def connections() -> set[str]:
        return {each["id"] for each in control.client_list()} - {str(control.client_id())}

    async def scenario() -> None:
        admission = AdmissionClient(own_redis.url, 100)
        await admission.admit([request(1)])
        before = connections()
        assert before
        control.replicaof("127.0.0.1", "1")
        for question in (admission.admit([request(2)]), admission.check_writable()):
            with pytest.raises(QueueUnavailable):
                await question
        eventually(lambda: not before & connections())
        control.replicaof("NO", "ONE")
        await admission.admit([request(3)])
        await admission.close()

    asyncio.run(scenario())
    control.close()


def test_a_redis_that_hangs_costs_less_than_a_second(own_redis: Valkey) -> None:
    async def seconds_of(number: int) -> float:
        admission = AdmissionClient(own_redis.url, 100)
        await admission.check_writable()
        own_redis.freeze()
        began = time.monotonic()
        with pytest.raises(QueueUnavailable):
            await admission.admit([request(number)])
        took = time.monotonic() - began
        own_redis.thaw()
        results = await admission.admit([request(10 + number)])
        assert results[0].status is AdmissionStatus.ACCEPTED
        await admission.close()
        return took

    # The fastest of three: the machine may be held up as well.
    assert min(asyncio.run(seconds_of(number)) for number in range(3)) < 1


def test_a_bound_key_stands_for_what_it_was_bound_to_by_the_first(redis_url: str) -> None:
    first = request(1)._replace(bound_key="bound:1", bound_to="a")
    again, other = first, request(2)._replace(bound_key="bound:1", bound_to="b")
    assert statuses(redis_url, first, again, other) == [
        AdmissionStatus.ACCEPTED,
        AdmissionStatus.DUPLICATE,
        AdmissionStatus.CONFLICT,
    ]


def test_a_burst_of_keyed_requests_takes_no_connection_from_captures(redis_url: str) -> None:
    async def scenario(admission: AdmissionClient) -> list[AdmissionStatus]:
        takes = [asyncio.create_task(admission.take("key:1", 1000)) for _ in range(300)]
        captures = [(await admission.admit([request(n)]))[0].status for n in range(10)]
        await asyncio.gather(*takes, return_exceptions=True)
        return captures

    assert ask(redis_url, scenario) == [AdmissionStatus.ACCEPTED] * 10
