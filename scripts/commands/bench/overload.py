"""`overload`: twice what the ingress carries, for a minute.

The load keeps its schedule whatever happens and opens as many connections as it needs.
Every 202 must be in PostgreSQL in the end; what is refused must be refused at once; no process may
grow; and afterwards everything must be as before.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from scripts.commands.bench.figures import at_most, median
from scripts.commands.bench.load import Report
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import start_all, wait_until_recorded
from scripts.commands.bench.testbed import Testbed
from scripts.commands.sql import rows_of, session
from scripts.system.processes import watched_memory

SECONDS = 60.0
PROBE_SECONDS = 5.0
#: Many more than there are captures in progress.
CONNECTIONS = 10_000
RECOVERY_SECONDS = 300.0
#: Requests, one at a time, that measure the latency before and after.
LIGHT_REQUESTS = 500
#: The processes whose memory must stay flat. Redis is not: what waits to be recorded is in it.
FLAT = ("web", "captures", "deliveries", "scheduler")


def measure(effort: Effort, say: Say) -> Outcome:
    """Find the capacity, send twice as much, look at what is left."""
    with Testbed() as testbed:
        start_all(testbed)
        capacity = testbed.load(seconds=effort.seconds(PROBE_SECONDS)).rate
        wait_until_recorded(testbed, RECOVERY_SECONDS)
        light_before = _light_p50(testbed)
        say(f"capacity {capacity:,.0f}/s; sending {2 * capacity:,.0f}/s")
        ids_file = testbed.embedded.data_folder / "ids"
        spec = {"rate": 2 * capacity, "seconds": effort.seconds(SECONDS)}
        with watched_memory(testbed.pids()[name] for name in FLAT) as memory_mib:
            report = testbed.load(connections=CONNECTIONS, ids_file=str(ids_file), **spec)
        growth_mib = _growth(memory_mib)
        began_at = time.monotonic()
        wait_until_recorded(testbed, RECOVERY_SECONDS)
        recovery_seconds = time.monotonic() - began_at
        lost = _lost(testbed, ids_file)
        light_after = _light_p50(testbed)
    say(f"{report.statuses}, {report.broken} broken, {report.unanswered} unanswered")
    return _outcome(report, lost, growth_mib, recovery_seconds, light_before, light_after)


def _growth(samples: Sequence[float]) -> float:
    """From the second quarter of the time to the last: buffers have their size by then."""
    quarter = max(1, len(samples) // 4)
    return median(samples[-quarter:]) - median(samples[quarter : 2 * quarter])


def _light_p50(testbed: Testbed) -> float:
    return testbed.load(connections=1, requests=LIGHT_REQUESTS, seconds=30).p50_ms


def _lost(testbed: Testbed, ids_file: Path) -> int:
    """202s whose captures are not in PostgreSQL."""
    with session(testbed.database_url) as cursor:
        cursor.execute("CREATE TEMPORARY TABLE answered (id text)")
        with ids_file.open() as ids:
            cursor.copy_expert("COPY answered FROM STDIN", ids)
        ((lost,),) = rows_of(
            cursor,
            "SELECT count(*) FROM answered a WHERE NOT EXISTS"
            " (SELECT FROM captures c WHERE c.id = a.id AND c.status = 'recorded')",
        )
    return int(lost)


def _outcome(
    report: Report,
    lost: int,
    growth_mib: float,
    recovery_seconds: float,
    light_before: float,
    light_after: float,
) -> Outcome:
    refused = {s: n for s, n in report.statuses.items() if s in ("429", "503")}
    odd = {s: n for s, n in report.statuses.items() if s not in ("202", *refused)}
    return Outcome(
        [
            Row("202s lost", f"of {report.accepted:,}", "", lost, at_most(0)),
            Row("answers but 202, 429, 503", str(odd or ""), "", sum(odd.values()), at_most(0)),
            Row(
                "refused after, p99",
                f"{sum(refused.values()):,} refused",
                f"longest {report.refused_max_ms:.0f} ms",
                report.refused_p99_ms,
                at_most(100, " ms"),
            ),
            Row("growth of memory", "", "", growth_mib, at_most(10, " MiB")),
            Row(
                "latency afterwards",
                f"{light_after:.2f} ms",
                f"before {light_before:.2f} ms",
                light_after / light_before,
                at_most(1.3),
            ),
        ],
        notes=[
            f"{report.rate:,.0f}/s were accepted; all was recorded {recovery_seconds:.0f} s after"
            f" the end; {report.broken:,} connections broke under a request",
            "a refusal's time counts from when its request was handed to the kernel; the load took"
            f" {report.cpu_share:.0%} of a core",
        ],
        raw={
            **msgspec.structs.asdict(report),
            **{"lost": lost, "growth_mib": growth_mib, "recovery_seconds": recovery_seconds},
        },
    )
