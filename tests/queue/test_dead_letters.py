"""What nobody can work on is kept, and can be given another try."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from app.queue import stream
from app.queue.broker import StreamsBroker
from app.queue.dead_letters import DeadLetters
from app.queue.jobs import encode_job
from tests.queue.working import QUEUE, Recorder, declare, drained, send, working
from tests.waiting import eventually

UNREADABLE = [
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
    pytest.param(b'{"actor_name": "record", "args": null}', id="args null"),
    pytest.param(b'{"actor_name": "record", "args": {"value": 1}}', id="args an object"),
    pytest.param(b'{"actor_name": "record", "args": [1], "kwargs": []}', id="kwargs a list"),
    pytest.param(b'{"actor_name": "record", "args": [' + b"[" * 5000 + b"]}", id="too deep"),
    pytest.param(b'{"actor_name": "record", "args": ["\\ud800"]}', id="a lone surrogate"),
    pytest.param(b'{"actor_name": "record", "args": [NaN]}', id="not a number"),
]


def letters_of(broker: StreamsBroker) -> DeadLetters:
    return DeadLetters(broker.client, QUEUE, broker.policy.keys)


def enqueue(broker: StreamsBroker, payloads: Sequence[bytes]) -> None:
    broker.enqueue_many(QUEUE, payloads)


@pytest.mark.parametrize("payload", UNREADABLE)
def test_what_is_no_job_is_put_aside_and_its_neighbours_run(
    broker: StreamsBroker, payload: bytes
) -> None:
    recorder = Recorder(broker)
    enqueue(broker, [encode_job("record", [1]), payload, encode_job("record", [2])])
    with working(broker):
        eventually(lambda: broker.depth(QUEUE) == (0, 0, 0, 1))
    assert sorted(recorder.seen) == [1, 2]
    (letter,) = letters_of(broker).newest(10)
    assert letter.job == payload.decode("utf-8", "backslashreplace")
    assert letter.reason.startswith("not a job: ")


@pytest.mark.parametrize("arguments", [[], [1, 2]])
def test_arguments_that_do_not_fit_end_there_too(
    broker: StreamsBroker, arguments: list[int]
) -> None:
    recorder = Recorder(broker)
    enqueue(broker, [encode_job("record", arguments), encode_job("record", [3])])
    with working(broker):
        eventually(lambda: broker.depth(QUEUE) == (0, 0, 0, 1))
    assert recorder.seen == [3]


def test_a_foreign_entry_of_the_stream_is_put_aside(broker: StreamsBroker) -> None:
    Recorder(broker)
    broker.client.xadd(broker.policy.keys.stream(QUEUE), {"failures": "x", b"\xff": b"\xff"})
    with working(broker):
        eventually(lambda: broker.depth(QUEUE) == (0, 0, 0, 1))


def test_once_the_fault_is_fixed_dead_letters_run_again(broker: StreamsBroker) -> None:
    fixed, done = False, []

    def record(value: int) -> None:
        if not fixed:
            raise RuntimeError("a bug of ours")
        done.append(value)

    declare(broker, record)
    send(broker, 1, 2, 3)
    with working(broker):
        eventually(lambda: broker.depth(QUEUE) == (0, 0, 0, 3))
        fixed = True
        letters = letters_of(broker)
        (newest, *_) = letters.newest(1)
        assert letters.redrive([newest.id]) == 1
        assert letters.redrive([newest.id]) == 0
        eventually(lambda: len(done) == 1)
        assert letters.redrive([]) == 2
        drained(broker)
    assert sorted(done) == [1, 2, 3]
    assert broker.depth(QUEUE).dead_letters == 0


def test_an_expected_failure_is_tried_again_for_ever(broker: StreamsBroker) -> None:
    runs = []

    def record(value: int) -> None:
        runs.append(value)
        if len(runs) < 2 * broker.policy.failures_max:
            raise TimeoutError

    declare(broker, record, throws=(TimeoutError,))
    send(broker, 1)
    with working(broker):
        drained(broker)
    assert len(runs) == 2 * broker.policy.failures_max


def test_there_is_a_bound_to_dead_letters_beyond_which_jobs_are_retried_and_none_is_lost(
    broker: StreamsBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "DEAD_LETTERS_MAX", 2)
    Recorder(broker)
    enqueue(broker, [b"{"] * 2)
    with working(broker):
        eventually(lambda: broker.depth(QUEUE).dead_letters == 2)
        enqueue(broker, [b"{"] * 3)
        eventually(lambda: broker.depth(QUEUE) == (0, 0, 3, 2))
        letters_of(broker).redrive([])
        eventually(lambda: sum(broker.depth(QUEUE)) == 5)


def test_a_dead_letter_s_job_is_not_logged(
    broker: StreamsBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    Recorder(broker)
    enqueue(broker, [b'"ada@example.com'])
    with working(broker):
        eventually(lambda: broker.depth(QUEUE).dead_letters == 1)
    assert "ada@example.com" not in caplog.text
