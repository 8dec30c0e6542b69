from __future__ import annotations

from contextlib import closing

import pytest

from scripts.commands.fuzz.intake import Cost, Intake
from scripts.commands.fuzz.post import JSON, Post
from scripts.commands.fuzz.search import Fuzzer

LEAD = Post(JSON, b'{"email": "ada@example.com"}')


def test_the_whole_intake_answers_without_servers() -> None:
    with closing(Intake()) as intake:
        assert intake.post(LEAD).status == 202
        assert intake.post(Post(JSON, b"{")).status == 400
        assert intake.post(Post("text/html", b"x")).status == 415
        assert intake.post(Post(JSON, b"{}")).status == 422


class Slow(Intake):
    """Answers every body with this, at this price."""

    def __init__(self, cost: Cost) -> None:
        super().__init__()
        self._cost = cost

    def post(self, post: Post) -> Cost:
        return self._cost


def test_a_5xx_ends_the_search_with_the_body_that_caused_it() -> None:
    with closing(Slow(Cost(1.0, 500))) as intake:
        fuzzer = Fuzzer(30, intake)
        with pytest.raises(AssertionError, match="500"):
            fuzzer.run()

    assert fuzzer.worst.body


# The signal that ends the search may arrive in a finaliser, which cannot raise; the next post does.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_dearest_body_is_remembered_and_the_search_ends_in_time() -> None:
    with closing(Slow(Cost(7.5, 202))) as intake:
        fuzzer = Fuzzer(0.5, intake)
        fuzzer.run()

    assert fuzzer.worst_ms == 7.5
    assert fuzzer.statuses.keys() == {202}
