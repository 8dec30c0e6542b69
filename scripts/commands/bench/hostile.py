"""`hostile` and `fairness`: what bad and greedy neighbours cost a healthy webhook.

`hostile`: nine healthy webhooks beside webhooks that never answer and others that flap, all made a
moment before the load. Up to 50 belong to the same org and get every event; 500 have an org each
and get one event a second. `fairness`: an org with few deliveries beside one with 100,000 due.
"""

from __future__ import annotations

from collections.abc import Sequence

from scripts.commands.bench.dataset import fill_pending, subscribe, unsubscribe
from scripts.commands.bench.figures import at_most, percentile
from scripts.commands.bench.lead import DOMAIN, ORG
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.pipeline import start_all, wait_until_recorded
from scripts.commands.bench.testbed import Testbed
from scripts.commands.queue_state import notify

HEALTHY = 9
FLAPPING = 50
#: Webhooks that never answer, and whether each has an org of its own.
HANGING = ((1, False), (5, False), (50, False), (500, True))
#: Leads a second that the healthy ones get.
RATE = 10.0
SECONDS = 15.0
#: Due deliveries of the greedy org.
BACKLOG = 100_000
PATIENCE_SECONDS = 30.0
#: What neighbours may cost: so many times the latency alone,
RATIO_MAX = 2.0
#: or, beside those that hang, so much more than alone if that is larger.
MORE_MS = 20.0


def measure(effort: Effort, say: Say) -> Outcome:
    """Each number of hanging webhooks beside a run without any, on a new system each."""
    seconds = effort.seconds(SECONDS)
    rows: list[Row] = []
    raw: dict[str, object] = {}
    for count, has_orgs in HANGING:
        with Testbed() as testbed:
            port = testbed.start_sink("timed")
            start_all(testbed)
            alone = _run(testbed, port, [], seconds)
            hosts = _make_bad(testbed, port, count, has_orgs=has_orgs)
            delays = _run(testbed, port, hosts, seconds)
        rows.append(_beside(f"healthy p95 beside {count} hanging", delays, alone, MORE_MS))
        raw[f"beside_{count}_ms"], raw[f"alone_{count}_ms"] = delays, alone
        say(f"{count} hanging: {rows[-1].ours}, {rows[-1].beside}; worst {max(delays):.0f} ms")
    return Outcome(rows, raw=raw)


def measure_fairness(effort: Effort, say: Say) -> Outcome:
    """The small org alone, and then beside the greedy one."""
    with Testbed() as testbed:
        port = testbed.start_sink("timed")
        url = f"http://127.0.0.1:{port}/after-100/greedy"
        start_all(testbed)
        alone = _run(testbed, port, [], effort.seconds(SECONDS))
        webhook_id = subscribe(testbed.database_url, testbed.secret_key, url, "greedy")
        fill_pending(testbed.database_url, webhook_id, BACKLOG)
        notify(testbed.redis_url, webhook_id)
        delays = _run(testbed, port, [], effort.seconds(SECONDS))
    row = _beside("p95 of a small org", delays, alone)
    say(f"{row.ours}, {row.beside}")
    return Outcome([row], raw={"beside_ms": delays, "alone_ms": alone})


def _make_bad(testbed: Testbed, port: int, hanging: int, *, has_orgs: bool) -> list[str]:
    """Webhooks that hang or flap; the hosts of the orgs that get events for them."""
    orgs = []
    for number in range(hanging):
        org = f"hang{number}" if has_orgs else ORG
        url = f"http://127.0.0.1:{port}/hang{number}"
        subscribe(testbed.database_url, testbed.secret_key, url, org)
        orgs.append(org)
    for number in range(FLAPPING):
        url = f"http://127.0.0.1:{port}/flap{number}"
        subscribe(testbed.database_url, testbed.secret_key, url, "flapping")
    return [f"{org}.{DOMAIN}" for org in [*(orgs if has_orgs else ()), "flapping"]]


def _run(testbed: Testbed, port: int, others: Sequence[str], seconds: float) -> list[float]:
    """Milliseconds of each delivery to the healthy ones, which are made now."""
    paths = [f"healthy{number}" for number in range(HEALTHY)]
    ids = [
        subscribe(testbed.database_url, testbed.secret_key, f"http://127.0.0.1:{port}/{path}")
        for path in paths
    ]
    testbed.get(port, "/delays")
    delays: dict[str, list[float]] = {}
    # Each other org gets a lead a second, the healthy ones' gets RATE.
    hosts = _evenly([f"{ORG}.{DOMAIN}"] * int(RATE), others)
    rate = float(len(hosts))
    report = testbed.load(rate=rate, seconds=seconds, hosts=hosts, warm_up_seconds=0)
    wait_until_recorded(testbed, PATIENCE_SECONDS)
    expected = HEALTHY * int(report.accepted * RATE / rate * 0.98)

    def have_come() -> bool:
        for path, values in testbed.get(port, "/delays").items():
            delays.setdefault(path, []).extend(values)
        return sum(len(delays.get(f"/{path}", ())) for path in paths) >= expected

    testbed.wait_until(have_come, "deliveries to healthy webhooks are late", PATIENCE_SECONDS)
    for webhook_id in ids:
        unsubscribe(testbed.database_url, webhook_id)
    return [delay for path in paths for delay in delays[f"/{path}"]]


def _evenly(*groups: Sequence[str]) -> tuple[str, ...]:
    """All of the groups, each spread over the whole as evenly as may be."""
    placed = [((at + 0.5) / len(group), each) for group in groups for at, each in enumerate(group)]
    return tuple(each for _, each in sorted(placed, key=lambda place: place[0]))


def _beside(
    what: str, delays: Sequence[float], alone: Sequence[float], more_ms: float = 0.0
) -> Row:
    """A row whose goal allows `RATIO_MAX` times, or `more_ms` more than, the latency alone."""
    p95, alone_p95 = percentile(delays, 0.95), percentile(alone, 0.95)
    limit = round(max(RATIO_MAX, 1 + more_ms / alone_p95), 2)
    return Row(what, f"{p95:.0f} ms", f"alone {alone_p95:.0f} ms", p95 / alone_p95, at_most(limit))
