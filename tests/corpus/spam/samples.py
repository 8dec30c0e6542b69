"""The labelled samples, the same at every run: captures in the order of their coming."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

import msgspec

from app.domain.capture.capture import Capture
from app.domain.contact_fields import lead_values
from app.domain.submission.submission import parse_json
from tests.corpus.spam.kinds import PLAIN, Kind, Request, filled
from tests.corpus.spam.real_kinds import REAL, REAL_BY_HAND, REAL_HELD_OUT
from tests.corpus.spam.spam_kinds import SPAM, SPAM_BY_HAND, SPAM_HELD_OUT

SEED = 14
#: Of each kind: with those by hand 400 of each label.
CHOSEN_COUNT, HELD_OUT_COUNT = 18, 20


class Sample(NamedTuple):
    """A capture with its label."""

    kind: str
    is_spam: bool
    capture: Capture


def samples(*, held_out: bool) -> list[Sample]:
    """Those of the kinds that the signals were chosen by, or of the others, shuffled."""
    random = Random(SEED + held_out)
    real, spam = (REAL_HELD_OUT, SPAM_HELD_OUT) if held_out else (REAL, SPAM)
    count = HELD_OUT_COUNT if held_out else CHOSEN_COUNT
    found = list(_of_kinds(real, random, count, is_spam=False))
    found += _of_kinds(spam, random, count, is_spam=True)
    if not held_out:
        found += [_sample("by hand", False, each, PLAIN, random) for each in REAL_BY_HAND]
        found += [_sample("by hand", True, each, PLAIN, random) for each in SPAM_BY_HAND]
    random.shuffle(found)
    return found


def _of_kinds(
    kinds: Sequence[Kind], random: Random, count: int, *, is_spam: bool
) -> Iterator[Sample]:
    for kind in kinds:
        for _ in range(count):
            yield _sample(kind.name, is_spam, filled(kind, random), kind.request, random)


def _sample(
    kind: str, is_spam: bool, fields: dict[str, str], request: Request, random: Random
) -> Sample:
    given = dict(fields)
    if request.fill_ms:
        given["_fill_ms"] = str(random.randrange(*request.fill_ms))
    submission = parse_json(msgspec.json.encode(given))
    controls = submission.controls
    capture = Capture(
        *lead_values(submission),
        id="cap_1",
        org_id="org_1",
        contact_id=submission.email,
        client_address=_address(request.address, random),
        user_agent=request.user_agent,
        referrer="https://page.example/" if request.page else None,
        honeypot=controls.honeypot is not None,
        fill_ms=controls.fill_ms,
        without_language=not request.language,
        without_page=not request.page,
    )
    return Sample(kind, is_spam, capture)


def _address(pattern: str, random: Random) -> str:
    return ".".join(
        str(random.randrange(1, 251)) if part == "{n}" else part for part in pattern.split(".")
    )
