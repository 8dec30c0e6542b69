from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import dramatiq

from app.queue import keys
from app.queue.broker import WakingBroker, connect_broker
from app.queue.commands import Policy
from app.queue.messages import encode_message
from tests.queue.working import (
    QUEUE,
    Recorder,
    WorkerProcess,
    declare,
    drained,
    eventually,
    working,
)


def test_what_had_not_begun_is_handed_back_at_once_and_in_order(
    broker: WakingBroker, redis_url: str, policy: Policy
) -> None:
    gate, began = threading.Event(), threading.Event()

    def record(number: int) -> None:
        began.set()
        gate.wait(10)

    declare(broker, record)
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n]) for n in range(10)])
    other = connect_broker(redis_url, policy=policy)
    recorder = Recorder(other)
    worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
    worker.queue_prefetch = 5
    worker.start()
    assert began.wait(5)
    eventually(lambda: broker.depth(QUEUE) == (5, 5))
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    # One is still running; nobody waits for it to end.
    eventually(lambda: broker.depth(QUEUE) == (9, 1), seconds=2)
    with working(other, threads=1):
        eventually(lambda: len(recorder.seen) == 9)
        gate.set()
        stopping.join(5)
        drained(broker)
    other.close()
    assert recorder.seen == list(range(1, 10))


def test_stopping_an_idle_worker_takes_no_block_time(broker: WakingBroker) -> None:
    Recorder(broker)
    with working(broker):
        eventually(lambda: broker.client.info("clients")["blocked_clients"] == 1)
        began = time.monotonic()
    assert time.monotonic() - began < 0.8


def test_a_stopped_worker_has_reported_all_that_it_did(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n]) for n in range(500)])
    with working(broker):
        eventually(lambda: len(recorder.seen) > 50)
    assert broker.depth(QUEUE) == (500 - len(recorder.seen), 0)
    assert not broker.client.exists(keys.acks_key(broker.broker_id, QUEUE, broker.policy.namespace))


def test_a_broker_can_work_again_after_a_stop(broker: WakingBroker) -> None:
    recorder = Recorder(broker)
    for number in range(3):
        broker.send(QUEUE, "record", number)
        worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=50)
        worker.start()
        drained(broker)
        worker.stop()
        broker.middleware.pop()  # dramatiq leaves the stopped worker's own hook behind
    assert recorder.seen == [0, 1, 2]


def test_sigterm_ends_a_worker_process_and_leaves_its_work_to_others(
    broker: WakingBroker, redis_url: str, policy: Policy, tmp_path: Path
) -> None:
    broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [str(n)]) for n in range(50)])
    process = WorkerProcess(redis_url, policy, tmp_path / "journal", job="write")
    eventually(lambda: len(process.begun()) > 0)
    assert process.end(signal.SIGTERM) == 0
    recorder = Recorder(broker)
    with working(broker):
        drained(broker)
    assert sorted(recorder.seen + process.begun()) == sorted(str(n) for n in range(50))


def test_the_command_line_of_dramatiq_runs_the_broker(
    broker: WakingBroker, redis_url: str, policy: Policy, tmp_path: Path
) -> None:
    module = tmp_path / "cli_worker.py"
    module.write_text(
        "import dramatiq\n"
        "from app.queue.broker import connect_broker\n"
        "from app.queue.commands import Policy\n"
        f"broker = connect_broker({redis_url!r}, policy=Policy(namespace={policy.namespace!r}))\n"
        "@dramatiq.actor(broker=broker, queue_name='captures')\n"
        "def record(value):\n"
        "    pass\n"
    )
    command = [sys.executable, "-m", "dramatiq", "cli_worker:broker", "-p", "2", "-t", "2"]
    command += ["-Q", QUEUE, "--path", str(tmp_path), str(Path(__file__).parents[2])]
    heartbeats = keys.heartbeats_key(policy.namespace)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            eventually(lambda: broker.client.zcard(heartbeats) == 2)
            broker.enqueue_many(QUEUE, [encode_message(QUEUE, "record", [n]) for n in range(100)])
            drained(broker)
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Traceback" not in said
