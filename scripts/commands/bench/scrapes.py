"""`scrapes`: what a scrape of every role each second costs at full load, in processor time.

Rounds with and without scrapes alternate; the web process's time for each capture and the delivery
process's for each delivery are compared round by round. One scrape a second would be lost in what
neighbours on the machine cost, so the role is scraped many times a second, and the difference is
divided by the scrapes in a second of the role's processor time: at full load that is a second.
"""

from __future__ import annotations

from collections.abc import Callable

from scripts.commands.bench.dataset import subscribe
from scripts.commands.bench.deliver import drain
from scripts.commands.bench.figures import at_most, median, percentile
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say
from scripts.commands.bench.scraping import ports_of, scrape, scraping, with_metrics
from scripts.commands.bench.testbed import Testbed
from scripts.system.processes import usage_of

#: Many short rounds: what a neighbour on the machine costs differs from one to the next.
ROUNDS_MIN = 16
#: Twenty scrapes a second, as far as the role has answered by then.
INTERVAL_SECONDS = 0.05
CONNECTIONS = 64
SECONDS = 2.0
DELIVERIES = 4_000
SCRAPES_TIMED = 200
#: What a scrape each second adds to the processor time.
COST_GOAL = at_most(2, " %")


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between rounds with and without scrapes."""
    rounds = effort.rounds if effort.quick else max(ROUNDS_MIN, effort.rounds)
    with Testbed(with_metrics()) as testbed:
        port = testbed.start_sink()
        webhook_id = subscribe(
            testbed.database_url, testbed.secret_key, f"http://127.0.0.1:{port}/"
        )
        testbed.start("web")

        def capture() -> int:
            spec = {"seconds": effort.seconds(SECONDS), "connections": CONNECTIONS}
            accepted = testbed.load(**spec, warm_up_seconds=0).accepted
            testbed.redis.flushall()
            return accepted

        captures = _compare(testbed, "web", capture, rounds, say)
        testbed.start("deliveries")
        count = effort.count(DELIVERIES)

        def deliver() -> int:
            before = testbed.count(port)
            drain(testbed, port, webhook_id, count)
            return testbed.count(port) - before

        deliveries = _compare(testbed, "deliveries", deliver, rounds, say)
        own = [_own_row(testbed, role) for role in ports_of(testbed)]
    return Outcome([_row("capture, web", captures), _row("delivery", deliveries), *own])


def _compare(
    testbed: Testbed, role: str, work: Callable[[], int], rounds: int, say: Say
) -> list[float]:
    """Percent that one scrape a second adds to the role's processor time for the work, by round."""
    work()  # warms it up
    costs = []
    for number in range(rounds):
        spent = {
            scraped: _spent(testbed, role, work, scraped)
            for scraped in (number % 2 == 0, number % 2 == 1)
        }
        (with_, rate), (without, _) = spent[True], spent[False]
        costs.append(100 * (with_ / without - 1) / rate)
        told = f"{with_:.1f} µs with {rate:.1f} scrapes in a second of it, {without:.1f} µs without"
        say(f"{role}, round {number + 1}: {told}")
    return costs


def _spent(
    testbed: Testbed, role: str, work: Callable[[], int], scraped: bool
) -> tuple[float, float]:
    """Microseconds of the role's processor time for each piece of work; scrapes in a second."""
    pid, port = testbed.pids()[role], ports_of(testbed)[role]
    before = usage_of([pid]).cpu_seconds
    with scraping(port if scraped else None, INTERVAL_SECONDS) as scrapes:
        done = work()
    spent = usage_of([pid]).cpu_seconds - before
    return 1e6 * spent / done, len(scrapes) / spent


def _own_row(testbed: Testbed, role: str) -> Row:
    """The processor time of a scrape itself, while the role has nothing else to do."""
    pid, port = testbed.pids()[role], ports_of(testbed)[role]
    before = usage_of([pid]).cpu_seconds
    for _ in range(SCRAPES_TIMED):
        scrape(port)
    milliseconds = 1000 * (usage_of([pid]).cpu_seconds - before) / SCRAPES_TIMED
    share = milliseconds / 10  # of a core in percent, once a second
    return Row(
        f"share of a core for a scrape of {role} each second, %",
        f"{milliseconds:.1f} ms",
        "",
        share,
        at_most(2, " %"),
    )


def _row(what: str, costs: list[float]) -> Row:
    """The median of the rounds, beside the half of them that is in the middle."""
    cost = median(costs)
    low, high = percentile(costs, 0.25), percentile(costs, 0.75)
    return Row(
        f"processor time that a scrape each second adds to a {what}",
        f"{cost:+.2f} %",
        f"half of the rounds: {low:+.2f} to {high:+.2f} %",
        cost,
        COST_GOAL,
    )
