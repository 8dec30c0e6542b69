"""How much a capture looks like spam, and why."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.capture.capture import Capture
from app.domain.spam_score.facts import SAME_TEXT_CHARS_MIN, Facts, facts_of, prose_of
from app.domain.spam_score.history import History, keys_of
from app.domain.spam_score.registry import GROUPS, SPAM_POINTS


class Score(NamedTuple):
    """The points of all signals that are there, and their names."""

    points: float
    signals: tuple[str, ...]

    @property
    def is_spam(self) -> bool:
        """Whether it counts as spam."""
        return self.points >= SPAM_POINTS


_NOTHING = Score(0.0, ())


def score(facts: Facts) -> Score:
    """The score of a capture's facts."""
    points = 0.0
    names: list[str] = []
    for matters, signals in GROUPS:
        if matters is None or matters(facts):
            for name, worth, is_there in signals:
                if is_there(facts):
                    points += worth
                    names.append(name)
    return Score(points, tuple(names)) if names else _NOTHING


def score_capture(capture: Capture, history: History, at: float) -> Score:
    """The score of a capture, which the history remembers; `at`: seconds that do not go back."""
    prose = prose_of(capture.metadata) if capture.metadata else ""
    text = str(hash(prose)) if len(prose) >= SAME_TEXT_CHARS_MIN else ""
    keys = keys_of(capture.org_id, capture.contact_id, capture.client_address, text)
    found = score(facts_of(capture, prose, history.see(keys, at)))
    if found.is_spam:
        history.add_spam(keys, at)
    return found
