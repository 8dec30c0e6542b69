"""A job that may be what kills its workers runs while nothing else does."""

from __future__ import annotations

import threading

from app.queue.running import RunningBatches
from tests.waiting import eventually

AT_ONCE, SOON = 0.0, 10.0


def begin(running: RunningBatches, consumer: str, *, alone: bool = False) -> bool:
    return running.begin(consumer, alone=alone, timeout_seconds=AT_ONCE)


def test_batches_of_several_streams_run_at_the_same_time() -> None:
    running = RunningBatches()
    assert begin(running, "first")
    assert begin(running, "second")
    assert begin(running, "second")


def test_one_that_runs_alone_waits_for_the_others_and_they_for_it() -> None:
    running = RunningBatches()
    assert begin(running, "first")
    assert not begin(running, "second", alone=True)
    assert not begin(running, "first"), "or it would wait for ever under load"
    assert not begin(running, "third", alone=True)

    running.finish("first")
    assert begin(running, "second", alone=True)
    assert not begin(running, "first")
    assert not begin(running, "second", alone=True)

    running.finish("second")
    assert begin(running, "first")


def test_who_waits_goes_on_when_the_last_batch_has_run() -> None:
    running = RunningBatches()
    begin(running, "first")
    begun: list[bool] = []

    def wait() -> None:
        begun.append(running.begin("second", alone=True, timeout_seconds=SOON))

    waiting = threading.Thread(target=wait)
    waiting.start()
    eventually(lambda: not begin(running, "first"))
    running.finish("first")
    waiting.join(SOON)
    assert begun == [True]
