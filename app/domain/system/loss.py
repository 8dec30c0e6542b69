"""Is anything lost? The answer, and what it rests on."""

from __future__ import annotations

from typing import NamedTuple


class QueueFacts(NamedTuple):
    """What is known of the way between a 202 and PostgreSQL; None: Redis is away."""

    #: Why the queue may lose what it acknowledged; None: it does not.
    volatile: str | None
    unfinished: int
    dead_letters: int


class Answer(NamedTuple):
    """In one word, with its tone (`ok`, `warn`, `bad`), and each thing that it rests on."""

    word: str
    tone: str
    basis: list[str]


def anything_lost(
    queue: QueueFacts | None,
    in_fallback: int,
    unreadable: int,
    *,
    volatile_allowed: bool,
    has_counts: bool = True,
) -> Answer:
    """Whether a lead that was answered with 202 may be missing.

    The counts are of all orgs, so without `has_counts` the answer does not name them.
    """
    basis = ["Each lead is on disk before its 202."]
    if has_counts:
        basis.append(f"{in_fallback} in PostgreSQL's fallback queue, {unreadable} unreadable jobs.")
    if queue is None:
        basis.append(
            "Redis is away: new leads go to PostgreSQL; what it holds stays there until it is back."
        )
        return Answer("Not known", "warn", basis)
    if has_counts:
        basis.append(f"{queue.unfinished} jobs in the queue, {queue.dead_letters} dead letters.")
    if queue.volatile and volatile_allowed:
        return Answer("Possible", "bad", [queue.volatile, *basis[1:]])
    if queue.volatile:
        basis.append(f"Redis is not used for leads: {queue.volatile}.")
    if queue.dead_letters or unreadable:
        basis.append("Nothing is lost, but somebody must look: ./scripts/manage dead-letters list")
        return Answer("No, but stuck", "warn", basis)
    return Answer("No", "ok", basis)
