"""`idle`: from a 202 in its caller's hands to the event at its subscriber, on an unloaded system.

Caller and subscriber are one event loop, so that both times are of one clock.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import msgspec
import uvloop

from scripts.commands.bench.connection import size_of_message
from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.figures import at_most, percentile
from scripts.commands.bench.lead import Leads
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import start_all
from scripts.commands.bench.sink import Arrivals, serve
from scripts.commands.bench.testbed import Testbed
from scripts.system.ports import free_port

LEADS = 500
#: The pause after each arrival, at random: nothing may depend on the beat of a clock.
PAUSE_SECONDS = 0.1
_PATIENCE_SECONDS = 10.0


class _Subscriber(Arrivals):
    """Knows when each contact's event arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrivals: dict[str, asyncio.Future[float]] = {}

    def note(self, path: str, body: bytes) -> None:
        at = time.monotonic()
        contact_id = msgspec.json.decode(body)["data"]["id"]
        self.arrival(contact_id).set_result(at)

    def arrival(self, contact_id: str) -> asyncio.Future[float]:
        """When its first event comes."""
        loop = asyncio.get_running_loop()
        return self.arrivals.setdefault(contact_id, loop.create_future())


def measure(effort: Effort, say: Say) -> Outcome:
    """Send leads one at a time, each when the one before has arrived."""
    with Testbed() as testbed:
        port = free_port()
        url = f"http://127.0.0.1:{port}/"
        subscribe(testbed.database_url, testbed.secret_key, url)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            delays = runner.run(_delays(testbed, port, effort.count(LEADS)))
    say(f"{len(delays)} leads")
    p50, p99 = percentile(delays, 0.5), percentile(delays, 0.99)
    return Outcome(
        [
            Row("202 to subscriber, p50", f"{p50:.1f} ms", "", p50, at_most(5, " ms")),
            Row("202 to subscriber, p99", f"{p99:.1f} ms", "", p99, at_most(30, " ms")),
        ],
        raw={"delays_ms": delays},
    )


async def _delays(testbed: Testbed, port: int, count: int) -> list[float]:
    subscriber = _Subscriber()
    server = await serve(port, subscriber)
    await asyncio.to_thread(start_all, testbed)
    reader, writer = await asyncio.open_connection("127.0.0.1", testbed.port)
    leads, delays = Leads(), []
    for number in range(count):
        writer.write(leads.request(number))
        contact_id, answered_at = await _answer(reader)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            arrived_at = await subscriber.arrival(contact_id)
        delays.append(1000 * (arrived_at - answered_at))
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
    writer.close()
    server.close()
    return delays


async def _answer(reader: asyncio.StreamReader) -> tuple[str, float]:
    """The contact's id in an answer, and when it was in."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = (size_of_message(head) or 0) - len(head)
    body: dict[str, Any] = msgspec.json.decode(await reader.readexactly(length))
    return str(body["data"]["id"]), time.monotonic()
