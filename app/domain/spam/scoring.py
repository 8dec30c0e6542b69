"""How much a capture looks like spam, and why."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.capture import Capture
from app.domain.spam.facts import SAME_TEXT_CHARS_MIN, Facts, facts_of, prose_of
from app.domain.spam.history import History, keys_of
from app.domain.spam.registry import SIGNALS, SPAM_POINTS


class Score(NamedTuple):
    """The points of all signals that are there, and their names."""

    points: float
    signals: tuple[str, ...]

    @property
    def is_spam(self) -> bool:
        """Whether it counts as spam."""
        return self.points >= SPAM_POINTS


def score(facts: Facts) -> Score:
    """The score of a capture's facts."""
    found = [(name, points) for name, points, is_there in SIGNALS if is_there(facts)]
    return Score(sum(points for _, points in found), tuple(name for name, _ in found))


def score_capture(capture: Capture, history: History, at: float) -> Score:
    """The score of a capture, which the history remembers; `at`: seconds that do not go back."""
    prose = prose_of(capture.metadata) if capture.metadata else ""
    text = str(hash(prose)) if len(prose) >= SAME_TEXT_CHARS_MIN else ""
    keys = keys_of(capture.org_id, capture.contact_id, capture.client_address, text)
    found = score(facts_of(capture, prose, history.look(keys)))
    history.add(keys, at, is_spam=found.is_spam)
    return found
