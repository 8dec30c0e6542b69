from __future__ import annotations

import pytest

from app.domain.delivery.push import (
    AGE_SECONDS_MAX,
    IN_FLIGHT_MAX,
    LOOK_SECONDS,
    PushFacts,
    pushes_allowed,
)

HEALTHY = PushFacts(
    is_active=True,
    ordered=False,
    has_rate_limit=False,
    answers_well=True,
    is_paused=False,
    has_backlog=False,
    in_flight=0,
)
CASES = {
    "a webhook that answers well": (HEALTHY, IN_FLIGHT_MAX),
    "what is in flight counts": (HEALTHY._replace(in_flight=60), IN_FLIGHT_MAX - 60),
    "one that has enough": (HEALTHY._replace(in_flight=IN_FLIGHT_MAX + 9), 0),
    "paused by its owner, or disabled": (HEALTHY._replace(is_active=False), 0),
    "in order": (HEALTHY._replace(ordered=True), 0),
    "at a pace of its own": (HEALTHY._replace(has_rate_limit=True), 0),
    "new, or failing": (HEALTHY._replace(answers_well=False), 0),
    "at rest, or with an open circuit": (HEALTHY._replace(is_paused=True), 0),
    "with others before": (HEALTHY._replace(has_backlog=True), 0),
}


@pytest.mark.parametrize(("facts", "allowed"), CASES.values(), ids=CASES)
def test_what_may_be_pushed(facts: PushFacts, allowed: int) -> None:
    assert pushes_allowed(facts) == allowed


def test_none_is_sent_after_it_was_given_back_as_lost() -> None:
    assert AGE_SECONDS_MAX < LOOK_SECONDS
