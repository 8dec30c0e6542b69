"""What a capture's answer says of replicas."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from app.domain.errors import QueueUnavailable
from app.queue.admission import AdmissionRequest, AdmissionResult, AdmissionStatus
from app.queue.admission_client import AdmissionClient
from app.queue.connection import connect
from app.queue.entry import encode_entry, entry_of
from app.queue.jobs import CAPTURES, KEYS, encode_job
from app.queue.retired_streams import drain_retired
from app.queue.stream_clients import StreamClient
from scripts.system.valkey import find_server
from tests.replicas import Replicated, replicated
from tests.waiting import eventually

REQUEST = AdmissionRequest(b"{}", b'{"first":1}', "same", 60_000)


@pytest.fixture(
    scope="module", params=["valkey", pytest.param("redis", marks=pytest.mark.all_only)]
)
def servers(request: pytest.FixtureRequest) -> Iterator[Replicated]:
    """Which writes WAIT covers differs between Redis and Valkey."""
    program = find_server() if request.param == "valkey" else shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    with replicated(Path(program)) as servers:
        yield servers


@pytest.fixture
def stalled(servers: Replicated) -> Iterator[Replicated]:
    servers.replica.freeze()
    yield servers
    servers.replica.thaw()


async def admit(url: str, replicas: int, key: str, *, confirm: bool = True) -> AdmissionResult:
    """As a web process does that has asked nothing before."""
    admission = AdmissionClient(url, 100, replicas_required=replicas)
    try:
        request = REQUEST._replace(dedupe_key=key)
        (result,) = await admission.admit([request], confirm=confirm)
        return result
    finally:
        await admission.close()


@pytest.mark.parametrize(
    ("replicas", "confirm", "confirmed"),
    [(0, True, True), (0, False, True), (1, True, True), (1, False, False), (2, True, False)],
)
def test_a_capture_is_confirmed_by_as_many_replicas_as_are_required(
    servers: Replicated, replicas: int, confirm: bool, confirmed: bool
) -> None:
    keys = (f"{replicas}{confirm}{number}" for number in count())

    def is_as_expected() -> bool:  # a busy replica may take longer once
        result = asyncio.run(admit(servers.primary.url, replicas, next(keys), confirm=confirm))
        assert result.status is AdmissionStatus.ACCEPTED
        return result.confirmed == confirmed

    eventually(is_as_expected)


def test_a_repetition_is_confirmed_only_when_replicas_have_the_first(stalled: Replicated) -> None:
    """Another client wrote the first one: without a write of its own, WAIT would say yes."""
    first = asyncio.run(admit(stalled.primary.url, 1, "again"))
    again = asyncio.run(admit(stalled.primary.url, 1, "again"))
    assert (first.status, first.confirmed) == (AdmissionStatus.ACCEPTED, False)
    assert (again.status, again.confirmed) == (AdmissionStatus.DUPLICATE, False)
    assert again.first_answer == REQUEST.answer


def is_confirmed(url: str) -> bool:
    """Whether the probe says that the replica takes writes."""

    async def probe() -> None:
        admission = AdmissionClient(url, 100, replicas_required=1)
        try:
            await admission.check_replicas()
        finally:
            await admission.close()

    try:
        asyncio.run(probe())
    except QueueUnavailable:
        return False
    return True


def test_the_probe_fails_while_replicas_stall(stalled: Replicated) -> None:
    assert not is_confirmed(stalled.primary.url)
    stalled.replica.thaw()
    eventually(lambda: is_confirmed(stalled.primary.url))


def test_a_retired_stream_keeps_its_jobs_until_replicas_have_them_in_another(
    stalled: Replicated,
) -> None:
    with closing(connect(stalled.primary.url, connections=1)) as client:
        target, retired = (StreamClient(client, KEYS.numbered(number)) for number in (0, 7))
        stream, retry = retired.keys.stream(CAPTURES), retired.keys.retry(CAPTURES)
        job = encode_job("record", [1])
        client.xadd(stream, {"job": job})
        client.zadd(retry, {encode_entry(entry_of(b"1-0", {b"job": job})): 1})

        def left() -> tuple[int, int]:
            drain_retired([retired], target, 1)
            return client.xlen(stream), client.zcard(retry)

        assert left() == (1, 1)
        stalled.replica.thaw()
        eventually(lambda: left() == (0, 0))
        assert client.xlen(target.keys.stream(CAPTURES)) >= 1
