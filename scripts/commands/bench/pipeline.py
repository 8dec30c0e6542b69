"""The whole product with one subscriber, for the stages that measure all of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.testbed import Testbed
from scripts.commands.queue_state import capture_jobs
from scripts.system.profile import PROCESSES


class Pipeline(NamedTuple):
    """A running product and its one subscriber."""

    testbed: Testbed
    sink_port: int

    def arrived(self) -> int:
        """Deliveries that the subscriber has received."""
        return self.testbed.count(self.sink_port)

    def drain_seconds(self, expected: int, patience_seconds: float) -> float:
        """Seconds until that many have arrived in all."""
        began_at = time.monotonic()
        self.testbed.wait_until(
            lambda: self.arrived() >= expected, "deliveries are missing", patience_seconds
        )
        return time.monotonic() - began_at


@contextmanager
def running_pipeline() -> Iterator[Pipeline]:
    """The whole product, ready, subscribed by a receiver that answers at once."""
    with Testbed() as testbed:
        port = testbed.start_sink()
        subscribe(testbed.database_url, testbed.secret_key, f"http://127.0.0.1:{port}/")
        start_all(testbed)
        yield Pipeline(testbed, port)


def start_all(testbed: Testbed, processes: Mapping[str, tuple[str, ...]] = PROCESSES) -> None:
    """Start every process of the product; on return captures are accepted and recorded."""
    for role in processes:
        if role not in testbed.children:
            testbed.start(role, processes=processes)
    probe = testbed.load(requests=1, seconds=10, warm_up_seconds=0)
    assert probe.accepted == 1
    wait_until_recorded(testbed)


def wait_until_recorded(testbed: Testbed, patience_seconds: float = 30.0) -> None:
    """Until the queue of captures is empty."""
    testbed.wait_until(
        lambda: capture_jobs(testbed.redis) == 0,
        "the queue of captures is not emptied",
        patience_seconds,
    )
