"""How well the signals tell spam from leads, on the kinds they were chosen by and on others."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import pytest

from app.domain.capture.capture import Capture
from app.domain.contact_fields import lead_values
from app.domain.spam_score.history import History
from app.domain.spam_score.scoring import score_capture
from app.ingress.reading import decode_body
from tests.corpus.payload import Payload
from tests.corpus.spam.samples import samples
from tests.corpus.test_corpus import CORPUS

RECALL_MIN = 0.95
FALSE_SHARE_MAX = 0.01


class Result(NamedTuple):
    """Of so many spam and real samples, those that were told wrong, by kind."""

    spam: int
    real: int
    missed: Counter[str]
    held_back: Counter[str]

    @property
    def recall(self) -> float:
        return 1 - self.missed.total() / self.spam

    @property
    def false_share(self) -> float:
        return self.held_back.total() / self.real


def judge(*, held_out: bool) -> Result:
    """What the filter makes of the samples as they come in, ten seconds apart."""
    history = History()
    missed, held_back, of_spam = Counter[str](), Counter[str](), 0
    all_samples = samples(held_out=held_out)
    for number, (kind, is_spam, capture) in enumerate(all_samples):
        found = score_capture(capture, history, 10.0 * number)
        of_spam += is_spam
        if is_spam and not found.is_spam:
            missed[f"{kind} {found.points:g} {','.join(found.signals)}"] += 1
        if found.is_spam and not is_spam:
            held_back[f"{kind} {found.points:g} {','.join(found.signals)}"] += 1
    return Result(of_spam, len(all_samples) - of_spam, missed, held_back)


@pytest.mark.parametrize("held_out", [False, True], ids=["chosen by", "held out"])
def test_spam_is_found_and_leads_are_left_alone(held_out: bool) -> None:
    result = judge(held_out=held_out)

    print(f"held out: {held_out}; spam {result.spam}, recall {result.recall:.3f};")
    print(f"real {result.real}, held back {result.false_share:.3%}")
    print("missed:", dict(result.missed), "held back:", dict(result.held_back))
    assert result.recall >= RECALL_MIN
    assert result.false_share <= FALSE_SHARE_MAX


@pytest.mark.parametrize("payload", CORPUS, ids=lambda payload: payload.sender)
def test_what_named_tools_send_is_no_spam(payload: Payload) -> None:
    submission = decode_body(payload.body, payload.content_type).submission("acme.example")
    sent: dict[str, Any] = {
        "user_agent": "axios/1.7",
        "without_language": True,
        "without_page": True,
    }
    capture = Capture(*lead_values(submission), id="cap_1", org_id="o", contact_id="c", **sent)

    assert score_capture(capture, History(), 0.0).points <= 2.5


def test_there_are_four_hundred_of_each() -> None:
    both = [*samples(held_out=False), *samples(held_out=True)]
    assert Counter(sample.is_spam for sample in both) == {True: 400, False: 400}
