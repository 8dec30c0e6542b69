"""`contacts`: what recording costs by how many contacts there are already.

Not one of the goals: it shows how the cost grows. Each size has its own database. Only the
multi-row statements that record new leads are measured: a worker would hide the effect.
"""

from __future__ import annotations

from scripts.commands.bench.dataset import fill_contacts, subscribe
from scripts.commands.bench.outcome import Effort, Outcome, Say, alternate_sizes, by_size
from scripts.commands.bench.testbed import Testbed

SIZES = (1_000, 100_000, 1_000_000)
SIZES_QUICK = (1_000, 100_000)
#: Captures that each size records in a round.
CAPTURES = 10_000


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between the sizes."""
    count = effort.count(CAPTURES)
    with Testbed() as testbed:
        subscribe(testbed.database_url, testbed.secret_key, "http://127.0.0.1:9/")
        rehearsal_url = testbed.copy_database("rehearsal")
        sizes = SIZES_QUICK if effort.quick else SIZES
        for size in sizes:
            fill_contacts(testbed.copy_database(f"contacts_{size}"), size)
            say(f"{size:,} contacts are there")

        def rate(size: int) -> float:
            arguments = (testbed.url_of(f"contacts_{size}"), rehearsal_url, str(count))
            return count / float(testbed.script("bare_record", *arguments))

        rates = alternate_sizes(effort, say, sizes, rate)
    raw = {str(size): of_rounds for size, of_rounds in rates.items()}
    return Outcome(by_size("captures a second, {} contacts", rates), raw={"rates": raw})
