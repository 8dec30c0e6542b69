"""An ordered webhook gets each contact's events strictly in sequence, whatever fails."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.client import Rex
from scripts.receiver import Reply
from scripts.system.whole import WholeSystem
from tests.flow.strangers import Stranger
from tests.flow.systems import record_all, running_system, webhook_to

CONTACTS = 100
FAILING_SHARE = 0.2


@pytest.fixture(scope="module")
def system() -> Iterator[WholeSystem]:
    with running_system(RETRY_BASE_SECONDS="0.1", RETRY_CAP_SECONDS="0.5") as whole:
        yield whole


@pytest.fixture
def rex(system: WholeSystem) -> Rex:
    return Rex(system.base_url, system.api_key)


class Moody:
    """Fails a share of all attempts, and one contact's until all others have their events."""

    def __init__(self, others: int) -> None:
        self._chance = random.Random(7)
        self._guard = threading.Lock()
        self._unlucky: str | None = None
        self._others = others
        self.failed = 0

    def __call__(self, event: dict[str, Any]) -> Reply:
        contact_id = event["data"]["id"]
        with self._guard:
            self._unlucky = self._unlucky or contact_id
            waits = contact_id == self._unlucky and self._others > 0
            if waits or self._chance.random() < FAILING_SHARE:
                self.failed += 1
                return Reply(500)
            self._others -= contact_id != self._unlucky
            return Reply()


@pytest.mark.parametrize("each_has", [6, pytest.param(20, marks=pytest.mark.all_only)])
def test_updates_of_a_hundred_contacts_arrive_in_sequence_past_one_that_is_stuck(
    rex: Rex, system: WholeSystem, each_has: int
) -> None:
    updates = each_has * CONTACTS
    moody = Moody(others=updates - each_has)
    with (
        Stranger(moody) as stranger,
        webhook_to(rex, stranger.url, ordered=True),
    ):
        record_all(
            system, (f"ordered{n % CONTACTS}of{each_has}@example.com" for n in range(updates))
        )
        stranger.wait_for(updates, 60)
        accepted = stranger.accepted

    sequences = defaultdict(list)
    for each in accepted:
        sequences[each.contact_id].append(each.sequence)
    assert len(sequences) == CONTACTS
    assert set(map(tuple, sequences.values())) == {tuple(range(1, each_has + 1))}
    assert moody.failed > updates * FAILING_SHARE
    # Nothing of a contact left while its event before was not accepted.
    asked = defaultdict(list)
    for each in sorted(stranger.arrivals, key=lambda arrival: arrival.at):
        asked[each.contact_id].append(each.sequence)
    assert all(found == sorted(found) for found in asked.values())
    last = Counter(each.contact_id for each in accepted[-each_has:])
    assert len(last) == 1, "the contact that was stuck held up others"
