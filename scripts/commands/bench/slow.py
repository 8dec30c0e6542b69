"""`slow` and `flaky`: one receiver that takes its time, bears only so much, or fails at times.

`slow`: deliveries a second to a healthy receiver that takes 300 ms, and how near the engine comes
to a receiver that refuses whatever exceeds 20 in flight. `flaky`: deliveries a second to one that
answers 6 % of the requests with 503, beside one that never does.
"""

from __future__ import annotations

import time

from scripts.commands.bench.dataset import subscribe, unsubscribe
from scripts.commands.bench.deliver import WARM_UP, begin
from scripts.commands.bench.figures import at_least, at_most
from scripts.commands.bench.outcome import Effort, Outcome, Say, alternate, compared, middle
from scripts.commands.bench.testbed import Testbed

LATENCY_MS = 300
#: What the limited receiver bears.
CAP = 20
BUSY_PERCENT = 6
#: Deliveries of one round.
SLOW, CAPPED, FLAKY = 5_000, 1_000, 10_000
PATIENCE_SECONDS = 120.0


def measure(effort: Effort, say: Say) -> Outcome:
    """Both receivers in turn."""
    rates: list[float] = []
    held: list[float] = []
    refused: list[float] = []
    with Testbed() as testbed:
        port = testbed.start_sink()
        testbed.start("deliveries")
        testbed.start("scheduler")
        for number in range(effort.rounds):
            rates.append(_rate(testbed, port, f"after-{LATENCY_MS}", effort.count(SLOW)))
            before = testbed.get(port, "/refused")
            count = effort.count(CAPPED)
            capped = _rate(testbed, port, f"cap-{CAP}-{LATENCY_MS}", count)
            held.append(capped * LATENCY_MS / 1000)
            refusals = testbed.get(port, "/refused") - before
            refused.append(100 * refusals / (count + refusals))
            say(f"round {number + 1}: {rates[-1]:,.0f}/s; {held[-1]:.1f} of {CAP} in flight")
    return Outcome(
        [
            middle("to a receiver of 300 ms", rates, "{:,.0f}/s", at_least(250)),
            middle("used of 20 that it bears", held, "{:.1f}", at_least(16)),
            middle("refused by it", refused, "{:.1f} %", at_most(2, " %")),
        ],
        raw={"rate": rates, "in_flight": held, "refused_percent": refused},
    )


def measure_flaky(effort: Effort, say: Say) -> Outcome:
    """Alternate between the one that fails and the one that does not."""
    with Testbed() as testbed:
        port = testbed.start_sink()
        testbed.start("deliveries")
        testbed.start("scheduler")
        sides = {
            "without errors": lambda: _rate(testbed, port, "busy-0", effort.count(FLAKY)),
            "with": lambda: _rate(testbed, port, f"busy-{BUSY_PERCENT}", effort.count(FLAKY)),
        }
        steady, ours = alternate(effort, say, sides)
    row = compared("accepted a second at 6 % of 503", ours, "without", steady, at_least(0.8))
    return Outcome([row], raw={"rate": ours, "steady_rate": steady})


def _rate(testbed: Testbed, port: int, path: str, count: int) -> float:
    """Accepted a second, until nine tenths are: what was refused comes again seconds later."""
    url = f"http://127.0.0.1:{port}/{path}/"
    webhook_id = subscribe(testbed.database_url, testbed.secret_key, url)
    before, at_begin, began_at = begin(testbed, port, webhook_id, count)
    enough = before + 0.9 * (WARM_UP + count)
    testbed.wait_until(
        lambda: testbed.count(port) >= enough, "deliveries are missing", PATIENCE_SECONDS
    )
    rate = (testbed.count(port) - at_begin) / (time.perf_counter() - began_at)
    unsubscribe(testbed.database_url, webhook_id)
    testbed.query(
        "UPDATE deliveries SET status = 'cancelled', lease = NULL WHERE settled_at IS NULL"
    )
    return rate
