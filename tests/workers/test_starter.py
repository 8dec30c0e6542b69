"""In which order attempts start, and how many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import msgspec
import pytest

from app.domain.delivery.retry_policy import RetryRules
from tests.factories import CIPHER
from tests.workers.test_lane import claimed, endpoint
from workers.attempts import Attempts
from workers.sender import Sender
from workers.starter import CLAIMED_AT_ONCE, PUSHED_AT_ONCE, Start, Starter


@pytest.fixture
def attempts() -> Iterator[Attempts]:
    sender = Sender()
    yield Attempts(sender, CIPHER, RetryRules())
    sender.close()


def start(org_id: str, lease: int) -> Start:
    """An attempt whose lease is over, so that nothing is sent."""
    its = msgspec.structs.replace(endpoint(), org_id=org_id)
    return Start(its, claimed(lease), float("-inf"), None)


def started(
    attempts: Attempts, pushed: Sequence[Start] = (), claims: Sequence[Start] = ()
) -> list[list[int]]:
    """The leases of the attempts that each turn starts."""
    running: list[Callable[[], object]] = []
    starter = Starter(attempts, running.append, lambda: None)
    for each in claims:
        starter.add(each, is_push=False)
    for each in pushed:
        starter.add(each, is_push=True)
    turns = []
    while starter.has_waiting:
        starter.start_some()
        for run in running:
            run()
        running.clear()
        turns.append([ended.lease for ended, _ in starter.take_ended()])
    return turns


def test_a_few_start_in_each_turn(attempts: Attempts) -> None:
    turns = started(attempts, claims=[start("org_1", lease) for lease in range(64)])
    assert {len(turn) for turn in turns} == {CLAIMED_AT_ONCE}
    assert [*chain(*turns)] == [*range(64)]


def test_pushes_go_first_and_do_not_hold_up_what_was_claimed(attempts: Attempts) -> None:
    pushed = [start("org_1", lease) for lease in range(100, 164)]
    first, *_ = started(attempts, pushed, [start("org_2", lease) for lease in range(64)])
    assert first[:PUSHED_AT_ONCE] == [*range(100, 100 + PUSHED_AT_ONCE)]
    assert first[PUSHED_AT_ONCE:] == [*range(CLAIMED_AT_ONCE)]


def test_an_org_with_few_does_not_wait_for_one_with_many(attempts: Attempts) -> None:
    greedy = [start("greedy", lease) for lease in range(64)]
    small = [start("small", lease) for lease in range(100, 103)]
    order = [*chain(*started(attempts, [*greedy, *small]))]
    assert order[:6] == [0, 100, 1, 101, 2, 102]
    assert order[6:] == [*range(3, 64)]
