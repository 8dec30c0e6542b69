"""The whole product with a subscriber, for the stages that measure the whole line."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.queue.jobs import CAPTURES
from app.queue.keys import payloads_key
from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.testbed import Place

#: Every process of the product.
ROLES = ("captures", "deliveries", "scheduler", "web")


class Line(NamedTuple):
    """A running product and its one subscriber."""

    place: Place
    sink_port: int

    def arrived(self) -> int:
        """Deliveries that the subscriber has received."""
        return int(self.place.get(self.sink_port, "/count"))

    def drain_seconds(self, expected: int, patience_seconds: float) -> float:
        """How long it takes until so many have arrived in all."""
        began_at = time.monotonic()
        self.place.wait_until(
            lambda: self.arrived() >= expected, "deliveries are missing", patience_seconds
        )
        return time.monotonic() - began_at


@contextmanager
def running_line(settings: dict[str, str] | None = None) -> Iterator[Line]:
    """The whole product, ready, subscribed by a receiver that answers at once."""
    with Place(settings) as place:
        port = place.start_sink()
        url = f"http://127.0.0.1:{port}/"
        subscribe(place.database_url, place.environ["SECRET_KEY"], url)
        start_all(place)
        yield Line(place, port)


def start_all(place: Place) -> None:
    """Start every process of the product; on return captures are accepted and recorded."""
    for role in ROLES:
        place.start(role)
    probe = place.load(requests=1, seconds=10, warm_up_seconds=0)
    assert probe.accepted == 1
    wait_until_recorded(place)


def wait_until_recorded(place: Place, patience_seconds: float = 30.0) -> None:
    """Until the queue of captures is empty."""
    place.wait_until(
        lambda: place.redis.hlen(payloads_key(CAPTURES)) == 0,
        "the queue of captures is not emptied",
        patience_seconds,
    )
