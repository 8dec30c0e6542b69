"""`./scripts/fuzz --seconds N`: odd bodies for `POST /capture`, in this process.

Fails when an answer is a 5xx, when a body costs more CPU than its share, or when what would be
written to the queue could not be stored. Hypothesis makes the bodies and works towards slow ones;
the dearest is saved, with the command that posts it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from scripts.commands.arguments import script_parser
from scripts.commands.fuzz.intake import Endless, Intake
from scripts.commands.fuzz.search import Fuzzer

#: CPU that one body of up to 64 KiB may cost.
CPU_MS_MAX = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Search; 1 when something was found."""
    parser = script_parser("fuzz", __doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long to try (default: 60)")
    parser.add_argument("--seed", type=int, help="number of a search to repeat (default: random)")
    saved = Path(".data/fuzz/worst")
    parser.add_argument("--save", type=Path, default=saved, help="where the dearest body goes")
    wanted = parser.parse_args(arguments)
    number = random.randrange(10**9) if wanted.seed is None else wanted.seed
    fault = ""
    with closing(Intake()) as intake:
        fuzzer = Fuzzer(wanted.seconds, intake, number)
        try:
            fuzzer.run()
        except (AssertionError, Endless) as error:
            fault = str(error)
    if fuzzer.worst_ms > CPU_MS_MAX:
        fault = fault or f"a body costs {fuzzer.worst_ms:.1f} ms of CPU: at most {CPU_MS_MAX:g}"
    if not fuzzer.statuses:
        fault = fault or "there was no time for a single post"
    print(f"seed {number}")
    _report(fuzzer, wanted.save)
    print(f"FAILED: {fault}" if fault else "ok")
    return 1 if fault else 0


def _report(fuzzer: Fuzzer, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(fuzzer.worst.body)
    statuses = ", ".join(f"{n} × {status}" for status, n in sorted(fuzzer.statuses.items()))
    print(f"{fuzzer.statuses.total():,} posts: {statuses}")
    print(f"worst: {fuzzer.worst_ms:.2f} ms of CPU for {len(fuzzer.worst.body):,} bytes, {file}")
    print(
        f"  curl --data-binary @{file} -H 'Content-Type: {fuzzer.worst.content_type}' $URL/capture"
    )


if __name__ == "__main__":
    sys.exit(main())
