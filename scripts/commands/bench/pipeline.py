"""The whole product with one subscriber, for the stages that measure all of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.queue.jobs import CAPTURES
from app.queue.keys import payloads_key
from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.testbed import Testbed

#: Every process of the product.
ROLES = ("captures", "deliveries", "scheduler", "web")


class Pipeline(NamedTuple):
    """A running product and its one subscriber."""

    testbed: Testbed
    sink_port: int

    def arrived(self) -> int:
        """Deliveries that the subscriber has received."""
        return int(self.testbed.get(self.sink_port, "/count"))

    def drain_seconds(self, expected: int, patience_seconds: float) -> float:
        """How long it takes until so many have arrived in all."""
        began_at = time.monotonic()
        self.testbed.wait_until(
            lambda: self.arrived() >= expected, "deliveries are missing", patience_seconds
        )
        return time.monotonic() - began_at


@contextmanager
def running_pipeline(settings: dict[str, str] | None = None) -> Iterator[Pipeline]:
    """The whole product, ready, subscribed by a receiver that answers at once."""
    with Testbed(settings) as testbed:
        port = testbed.start_sink()
        url = f"http://127.0.0.1:{port}/"
        subscribe(testbed.database_url, testbed.environ["SECRET_KEY"], url)
        start_all(testbed)
        yield Pipeline(testbed, port)


def start_all(testbed: Testbed) -> None:
    """Start every process of the product; on return captures are accepted and recorded."""
    for role in ROLES:
        testbed.start(role)
    probe = testbed.load(requests=1, seconds=10, warm_up_seconds=0)
    assert probe.accepted == 1
    wait_until_recorded(testbed)


def wait_until_recorded(testbed: Testbed, patience_seconds: float = 30.0) -> None:
    """Until the queue of captures is empty."""
    testbed.wait_until(
        lambda: testbed.redis.hlen(payloads_key(CAPTURES)) == 0,
        "the queue of captures is not emptied",
        patience_seconds,
    )
