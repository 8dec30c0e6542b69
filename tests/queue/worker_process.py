"""python -m tests.queue.worker_process URL NAMESPACE HEARTBEAT_TIMEOUT_MS JOURNAL JOB"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import dramatiq

from app.queue.broker import connect_broker
from app.queue.commands import Policy


def main(url: str, namespace: str, heartbeat_timeout_ms: str, journal: str, job: str) -> None:
    policy = Policy(namespace=namespace, heartbeat_timeout_ms=int(heartbeat_timeout_ms))
    broker = connect_broker(url, policy=policy)

    def write(name: str) -> None:
        with Path(journal).open("a") as file:
            file.write(f"{name}\n")

    def hold(name: str) -> None:
        write(name)
        threading.Event().wait(60)

    jobs = {"hold": hold, "write": write}
    dramatiq.actor(broker=broker, queue_name="captures", actor_name="record")(jobs[job])
    worker = dramatiq.Worker(broker, worker_threads=2, worker_timeout=50)
    worker.start()
    signal.sigwait({signal.SIGTERM})
    worker.stop(timeout=2_000)
    broker.close()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main(*sys.argv[1:])
