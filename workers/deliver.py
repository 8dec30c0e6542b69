"""A delivery process: `python -m workers.deliver`, started by `workers.main deliveries`.

It runs under gevent: an attempt that waits costs a greenlet, 20 KiB. Everything that blocks has to
be replaced before anything else is imported, in this process alone.
"""

from gevent import monkey

monkey.patch_all()

# ruff: noqa: E402
import signal
import sys

import gevent
from dramatiq import Worker
from gevent.event import Event
from psycogreen.gevent import patch_psycopg

from workers import actors
from workers.scheduler import STOP_SIGNALS
from workers.sending.resolver import LOOK_UPS_MAX

#: Longest wait for attempts under way when the process is told to stop. What a webhook's own
#: `timeout_seconds` makes longer is cut off and made again by another process.
SHUTDOWN_SECONDS = 20.0


def main() -> int:
    """Deliver until told to stop; the exit status."""
    patch_psycopg()
    # Look-ups block a thread each. How many one org may have is up to the resolver.
    gevent.get_hub().threadpool.maxsize = LOOK_UPS_MAX
    broker, engine, listener = actors.deliver(gevent.spawn)
    stopping = Event()
    for each in STOP_SIGNALS:  # again means the same
        gevent.signal_handler(each, stopping.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    running = gevent.spawn(engine.run)
    running.link(lambda _: stopping.set())
    gevent.spawn(listener.run)
    worker = Worker(broker, worker_threads=actors.NOTIFICATION_THREADS)
    worker.start()
    stopping.wait()
    listener.stop()
    worker.stop()
    engine.stop()
    running.join(SHUTDOWN_SECONDS)
    broker.close()
    return 1 if running.exception else 0


if __name__ == "__main__":
    sys.exit(main())
