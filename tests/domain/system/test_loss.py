"""Is anything lost?"""

from __future__ import annotations

import pytest

from app.domain.system.loss import QueueFacts, anything_lost

FINE = QueueFacts(None, 3, 0)


@pytest.mark.parametrize(
    ("queue", "unreadable", "allowed", "word", "tone"),
    [
        (FINE, 0, False, "No", "ok"),
        (None, 0, False, "Not known", "warn"),
        (FINE._replace(dead_letters=2), 0, False, "No, but stuck", "warn"),
        (FINE, 1, False, "No, but stuck", "warn"),
        # A queue that may lose leads is not used for them, unless that is allowed.
        (FINE._replace(volatile="appendonly is off"), 0, False, "No", "ok"),
        (FINE._replace(volatile="appendonly is off"), 0, True, "Possible", "bad"),
    ],
)
def test_the_answer_says_what_it_rests_on(
    queue: QueueFacts | None, unreadable: int, allowed: bool, word: str, tone: str
) -> None:
    answer = anything_lost(queue, 5, unreadable, volatile_allowed=allowed)
    assert (answer.word, answer.tone) == (word, tone)
    assert any(each.startswith("5 in PostgreSQL's fallback queue") for each in answer.basis)
    if queue and queue.volatile:
        assert any("appendonly is off" in each for each in answer.basis)


def test_counts_of_all_orgs_are_left_out_for_one_of_them() -> None:
    answer = anything_lost(FINE, 5, 0, volatile_allowed=False, has_counts=False)
    assert answer.basis == ["Each lead is on disk before its 202."]
