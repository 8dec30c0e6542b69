"""The end of a run, as a table and as JSON."""

from __future__ import annotations

import statistics
from typing import Any

from scripts.commands.chaos.findings import Kind
from scripts.commands.chaos.journal import Post, Reception
from scripts.commands.chaos.receivers import HEALTHY
from scripts.commands.chaos.recovery import RECOVERY_SECONDS
from scripts.commands.chaos.run import Options, Outcome
from scripts.commands.columns import aligned


def figures(outcome: Outcome) -> dict[str, float]:
    """Every figure by its name, in the order of the table."""
    return {
        **_post_figures(outcome.posts),
        **outcome.inside.figures,
        **outcome.outside.figures,
        **_reception_figures(outcome.receptions),
        **{str(kind): outcome.count(kind) for kind in Kind},
        **outcome.progress.figures,
        "settled after, seconds": round(outcome.settle_seconds, 1),
    }


def table(options: Options, outcome: Outcome) -> str:
    """The table, the violations and the verdict."""
    cells = [(name, f"{value:,}") for name, value in figures(outcome).items()]
    rows = aligned(cells, right={1})
    head = f"Seed {options.seed}, {len(outcome.disturbances)} faults in {options.seconds:g} s"
    parts = [*rows, "", *_standstills(outcome), *_violations(outcome), _verdict(options, outcome)]
    return "\n".join(["", head, *parts])


def as_json(options: Options, outcome: Outcome) -> dict[str, Any]:
    """The same for machines."""
    return {
        "seed": options.seed,
        "seconds": options.seconds,
        "faults": [str(fault).strip() for fault in options.schedule],
        "figures": figures(outcome),
        "recovery_bound_seconds": RECOVERY_SECONDS,
        "recoveries": [
            {"after": f"{each.fault.verb} {each.fault.target}", "seconds": round(each.seconds, 2)}
            for each in outcome.recoveries
        ],
        "standstills": [
            {**each._asdict(), "fault": f"{each.fault.verb} {each.fault.target}"}
            for each in outcome.standstills
        ],
        "violations": _violations(outcome),
        "clean": outcome.is_clean,
    }


def _post_figures(posts: list[Post]) -> dict[str, float]:
    captures = [post for post in posts if post.kind == "capture"]
    answered = [post.seconds for post in posts if post.accepted]
    refused = [post.seconds for post in posts if post.refused]
    return {
        "accepted": len({post.capture_id for post in captures if post.accepted}),
        "accepted edits": sum(post.accepted for post in posts if post.kind == "edit"),
        "refused": len(refused),
        "not reached": sum(not post.reached for post in posts),
        "cut off": sum(post.unknown for post in posts),
        "accepted in, median ms": round(statistics.median(answered or [0]) * 1000, 1),
        "accepted in, longest seconds": round(max(answered, default=0), 2),
        "refused in, longest seconds": round(max(refused, default=0), 2),
    }


def _reception_figures(receptions: list[Reception]) -> dict[str, float]:
    healthy = [each for each in receptions if each.receiver in HEALTHY and each.taken]
    return {
        "requests at receivers": len(receptions),
        "of them taken": sum(each.taken for each in receptions),
        "taken by healthy receivers": len(healthy),
    }


def _standstills(outcome: Outcome) -> list[str]:
    """The longest of each kind of fault."""
    if not outcome.standstills:
        return []
    heads = ("longest seconds without", "a capture", "a delivery", "whole after")
    longest: dict[str, tuple[float, ...]] = {}
    for fault, *seconds in outcome.standstills:
        name = f"{fault.verb} {fault.target}"
        longest[name] = tuple(map(max, seconds, longest.get(name, (0.0,) * len(seconds))))
    rows = [(name, *(f"{each:.1f}" for each in longest[name])) for name in sorted(longest)]
    return [*aligned([heads, *rows], right={1, 2, 3}), ""]


def _violations(outcome: Outcome) -> list[str]:
    return [str(each) for findings in outcome.findings for each in findings.violations]


def _verdict(options: Options, outcome: Outcome) -> str:
    if outcome.is_clean:
        return "Every promise was kept."
    return f"Promises were broken. The same schedule again: --seed {options.seed}"
