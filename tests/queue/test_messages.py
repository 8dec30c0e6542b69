from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from app.queue.broker import WakingBroker
from app.queue.messages import POISON_ACTOR, JobReader, encode_message, new_message_id
from tests.queue.working import declare

MALFORMED = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"\x00\xff\xfe", id="not text"),
    pytest.param(b"{", id="half an object"),
    pytest.param(b"null", id="null"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'"text"', id="a string"),
    pytest.param(b"{}", id="an empty object"),
    pytest.param(b'{"actor_name": "record"}', id="no args"),
    pytest.param(b'{"args": [1]}', id="no actor"),
    pytest.param(b'{"actor_name": 7, "args": [1]}', id="an actor that is a number"),
    pytest.param(b'{"actor_name": "nobody", "args": [1]}', id="an unknown actor"),
    pytest.param(b'{"actor_name": "keep_poison", "args": [1, 2, 3, 4]}', id="the poison actor"),
    pytest.param(b'{"actor_name": "record", "args": null}', id="args null"),
    pytest.param(b'{"actor_name": "record", "args": {"value": 1}}', id="args an object"),
    pytest.param(b'{"actor_name": "record", "args": []}', id="too few args"),
    pytest.param(b'{"actor_name": "record", "args": [1, 2]}', id="too many args"),
    pytest.param(b'{"actor_name": "record", "args": [1], "kwargs": []}', id="kwargs a list"),
    pytest.param(b'{"actor_name": "record", "args": [1], "kwargs": {"x": 1}}', id="odd kwargs"),
    pytest.param(
        b'{"actor_name": "record", "args": [1], "message_timestamp": "now"}', id="a time in words"
    ),
    pytest.param(b'{"actor_name": "record", "args": [' + b"[" * 5000 + b"]}", id="too deep"),
    pytest.param(b'{"actor_name": "record", "args": [' + b"9" * 5000 + b"]}", id="huge number"),
    pytest.param(b'{"actor_name": "record", "args": ["\\ud800"]}', id="a lone surrogate"),
    pytest.param(b'{"actor_name": "record", "args": [NaN]}', id="not a number"),
]


@pytest.fixture
def reader(broker: WakingBroker) -> JobReader:
    def record(value: Any) -> None: ...

    declare(broker, record)
    return JobReader(broker.actors)


@pytest.mark.parametrize("payload", MALFORMED)
def test_a_malformed_payload_becomes_a_job_that_keeps_it(reader: JobReader, payload: bytes) -> None:
    job = reader.read("captures", b"id-1", payload)
    assert job.actor_name == POISON_ACTOR
    queue, message_id, reason, kept = job.args
    assert (queue, message_id, kept) == ("captures", "id-1", payload)
    assert reason
    assert job.redis_id == b"id-1"


def test_an_encoded_message_is_read_back(reader: JobReader) -> None:
    message_id, payload = encode_message("captures", "record", [{"name": "Ada"}])
    job = reader.read("captures", message_id.encode(), payload)
    assert (job.actor_name, job.args, job.kwargs) == ("record", ({"name": "Ada"},), {})
    assert job.redis_id == message_id.encode()


def test_an_argument_that_the_actor_wants_raw_is_handed_over_as_json(
    broker: WakingBroker,
) -> None:
    def keep(name: str, lead: msgspec.Raw) -> None: ...

    declare(broker, keep)
    _, payload = encode_message("captures", "keep", ["Ada", {"n": 1}])
    job = JobReader(broker.actors).read("captures", b"id-1", payload)
    name, lead = job.args
    assert (name, bytes(lead)) == ("Ada", b'{"n":1}')


def test_arguments_may_be_json_already() -> None:
    _, payload = encode_message("captures", "record", [msgspec.Raw(b'{"a":[1,2]}')])
    assert json.loads(payload)["args"] == [{"a": [1, 2]}]


def test_a_message_has_the_shape_that_dramatiq_documents() -> None:
    message_id, payload = encode_message("captures", "record", [1])
    message = json.loads(payload)
    assert set(message) == {
        *("queue_name", "actor_name", "args", "kwargs", "options"),
        *("message_id", "message_timestamp"),
    }
    assert message["options"] == {"redis_message_id": message_id}


@pytest.mark.parametrize("lie", [{"queue_name": "elsewhere"}, {"options": {"eta": 2**60}}])
def test_queue_and_options_are_not_taken_from_the_payload(
    reader: JobReader, lie: dict[str, Any]
) -> None:
    payload = json.dumps({"actor_name": "record", "args": [1], **lie}).encode()
    job = reader.read("captures", b"id-1", payload)
    assert (job.actor_name, job.queue_name, job.options) == ("record", "captures", {})


def test_an_id_may_be_any_bytes(reader: JobReader) -> None:
    job = reader.read("captures", b"\xff\x00", b"{}")
    assert job.redis_id == b"\xff\x00"
    assert job.args[1] == "\\xff\x00"


@pytest.mark.parametrize("show", [str, repr, "{}".format])
def test_a_job_never_shows_its_arguments(reader: JobReader, show: Any) -> None:
    _, payload = encode_message("captures", "record", ["ada@example.com"])
    assert "ada@example.com" not in show(reader.read("captures", b"id-1", payload))


def test_an_exception_makes_a_job_fail(reader: JobReader) -> None:
    job = reader.read("captures", b"id-1", encode_message("captures", "record", [1])[1])
    job.stuff_exception(RuntimeError())
    assert job.failed


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_message_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert [one[:16] for one in ids] == sorted(one[:16] for one in ids)
