"""python -m tests.queue.worker_process ARGUMENTS; see `working.WorkerProcess`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import dramatiq
import msgspec

from app.queue.batches import Batching
from app.queue.broker import StreamsBroker
from app.queue.policy import Policy


class Arguments(msgspec.Struct):
    url: str
    policy: Policy
    journal: str
    job: str
    jobs_max: int
    threads: int


def main(given: Arguments) -> None:
    broker = StreamsBroker(given.url, threads=given.threads, policy=given.policy)

    def work(name: str) -> None:
        with Path(given.journal).open("a") as file:
            file.write(f"{name}\n")
        if given.job == "hold":
            threading.Event().wait(60)
        if given.job == "die" and name.startswith("killer"):
            os.kill(os.getpid(), signal.SIGKILL)

    def work_many(names: list[msgspec.Raw]) -> None:
        for name in names:
            work(msgspec.json.decode(name))

    batching = Batching(given.jobs_max, 10_000) if given.jobs_max > 1 else None
    make = dramatiq.actor(
        broker=broker, queue_name="captures", actor_name="record", batching=batching
    )
    make(work_many if batching else work)
    worker = dramatiq.Worker(broker, worker_threads=given.threads, worker_timeout=50)
    worker.start()
    signal.sigwait({signal.SIGTERM})
    worker.stop(timeout=2_000)
    broker.close()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main(msgspec.json.decode(sys.argv[1], type=Arguments))
