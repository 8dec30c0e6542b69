"""Conservation: while servers are away, what was answered with 202 comes out at the other end.

Both tests judge by the public API and the receivers' own records first; PostgreSQL is asked after.
"""

from __future__ import annotations

import statistics

import pytest

from scripts.commands.chaos.clients import Load
from scripts.commands.chaos.journal import Post
from scripts.commands.chaos.receivers import HEALTHY
from scripts.commands.chaos.run import Options, Outcome, run
from scripts.commands.chaos.schedule import Fault, Verb


def through(faults: list[Fault], seconds: float, load: Load) -> Outcome:
    """A run of these faults with receivers that take everything."""
    said: list[str] = []
    options = Options(17, seconds, faults, load, HEALTHY)
    return run(options, said.append, said.append)


def violations(outcome: Outcome) -> list[str]:
    return [str(each) for each in (*outcome.outside.violations, *outcome.inside.violations)]


def captures_in(outcome: Outcome) -> list[Post]:
    return [post for post in outcome.posts if post.kind == "capture"]


@pytest.mark.parametrize("verb", [Verb.KILL, pytest.param(Verb.FREEZE, marks=pytest.mark.all_only)])
def test_captures_posted_while_redis_is_away_are_taken_and_recorded_whole(verb: Verb) -> None:
    away = Fault(1.0, verb, "valkey", 3.0)
    load = Load(rate=200.0, clients=16, begins_seconds=1.2, most=500)

    outcome = through([away], 4.0, load)

    assert violations(outcome) == []
    assert outcome.is_clean
    assert {post.status for post in captures_in(outcome)} == {202}
    assert outcome.inside.figures["recorded"] == outcome.outside.figures["captures listed"] > 200


@pytest.mark.all_only
def test_without_redis_and_postgres_captures_are_refused_soon_and_none_is_half_recorded() -> None:
    both = [Fault(1.0, Verb.KILL, "valkey", 4.0), Fault(1.0, Verb.KILL, "postgres", 4.0)]
    load = Load(rate=100.0, clients=16, begins_seconds=1.5, most=600)

    outcome = through(both, 8.0, load)

    refused = [post for post in captures_in(outcome) if post.refused]
    assert violations(outcome) == []
    assert outcome.is_clean
    assert {post.status for post in refused} == {503}
    assert statistics.median(post.seconds for post in refused) < 2.0
    assert any(post.accepted for post in captures_in(outcome))
