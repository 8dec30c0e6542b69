from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dramatiq

from app.queue.batches import Batching
from app.queue.broker import StreamsBroker
from app.queue.policy import Policy
from tests.queue.conftest import MakeBroker
from tests.queue.working import (
    QUEUE,
    ROOT,
    Recorder,
    WorkerProcess,
    declare,
    drained,
    send,
    working,
)
from tests.waiting import eventually


def test_what_had_not_begun_is_handed_back_at_once(redis_url: str, make_broker: MakeBroker) -> None:
    broker, other = make_broker(redis_url, threads=1), make_broker(redis_url)
    gate, began = threading.Event(), threading.Event()

    def record(jobs: list[object]) -> None:
        began.set()
        gate.wait(60)

    declare(broker, record, batching=Batching(2, 10_000))
    recorder = Recorder(other)
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
    worker.start()
    send(broker, 0)
    assert began.wait(30)
    send(broker, *range(1, 10))
    eventually(lambda: broker.depth(QUEUE).in_flight > 1)  # read ahead
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    # One is still running; nobody waits for it to end.
    eventually(lambda: broker.depth(QUEUE) == (9, 1, 0, 0))
    with working(other, threads=1):
        eventually(lambda: len(recorder.seen) == 9)
        gate.set()
        stopping.join(30)
        drained(broker)
    assert sorted(recorder.seen) == list(range(1, 10))


def test_an_idle_worker_stops_without_waiting_for_a_job(broker: StreamsBroker) -> None:
    Recorder(broker)
    with working(broker):
        eventually(lambda: broker.client.info("clients")["blocked_clients"] == 1)
        began = time.monotonic()
    assert time.monotonic() - began < 10  # of the thirty that it may take


def test_a_stopped_worker_has_reported_all_that_it_did(broker: StreamsBroker) -> None:
    recorder = Recorder(broker)
    send(broker, *range(500))
    with working(broker):
        eventually(lambda: len(recorder.seen) > 50)
    assert broker.depth(QUEUE) == (500 - len(recorder.seen), 0, 0, 0)


def test_a_broker_can_work_again_after_a_stop(broker: StreamsBroker) -> None:
    recorder = Recorder(broker)
    for number in range(3):
        send(broker, number)
        worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
        worker.start()
        drained(broker)
        worker.stop()
        broker.middleware.pop()  # dramatiq leaves the stopped worker's own hook behind
    assert recorder.seen == [0, 1, 2]


def test_sigterm_ends_a_worker_process_and_leaves_its_work_to_others(
    broker: StreamsBroker, redis_url: str, policy: Policy, tmp_path: Path
) -> None:
    send(broker, *(str(number) for number in range(50)))
    process = WorkerProcess(redis_url, policy, tmp_path / "journal", job="write")
    eventually(lambda: len(process.begun()) > 0)
    assert process.end(signal.SIGTERM) == 0
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
    assert sorted(recorder.seen + process.begun()) == sorted(str(n) for n in range(50))


def test_the_command_line_of_dramatiq_runs_the_broker(
    broker: StreamsBroker, redis_url: str, policy: Policy, tmp_path: Path
) -> None:
    module = tmp_path / "cli_worker.py"
    module.write_text(
        "import dramatiq\n"
        "from app.queue.broker import StreamsBroker\n"
        "from app.queue.jobs import Keys\n"
        "from app.queue.policy import Policy\n"
        f"policy = Policy(keys=Keys({policy.keys.namespace!r}))\n"
        f"broker = StreamsBroker({redis_url!r}, policy=policy)\n"
        "@dramatiq.actor(broker=broker, queue_name='captures')\n"
        "def record(value):\n"
        "    pass\n"
    )
    command = [sys.executable, "-m", "dramatiq", "cli_worker:broker", "-p", "2", "-t", "2"]
    command += ["-Q", QUEUE, "--path", str(tmp_path), str(ROOT)]
    beats = policy.keys.heartbeats(QUEUE)
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        try:
            eventually(lambda: broker.client.hlen(beats) == 2)
            send(broker, *range(100))
            drained(broker)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
