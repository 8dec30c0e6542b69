"""Work that threads carry for each other: once, one call at a time, and nobody waits in vain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from workers.batcher import Batcher, BatchFailed


class Carrier:
    """Notes every call and holds it until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.error: Exception | None = None

    def carry(self, works: list[str]) -> None:
        self.calls.append(works)
        self.began.release()
        assert self.may_end.acquire(timeout=10)
        if self.error is not None:
            error, self.error = self.error, None
            raise error


class Caller(threading.Thread):
    """A thread that shares one piece of work; what it raised is kept."""

    def __init__(self, batcher: Batcher[str], work: str) -> None:
        super().__init__(daemon=True)
        self._batcher = batcher
        self._work = work
        self.raised: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._batcher.submit(self._work)
        except Exception as error:
            self.raised = error


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def batcher(carrier: Carrier) -> Batcher[str]:
    return Batcher(carrier.carry)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.001)  # the condition lives in other threads


def led_by_one_while_others_gather(
    batcher: Batcher[str], carrier: Carrier, *others: str
) -> tuple[Caller, list[Caller]]:
    leader = Caller(batcher, "first")
    assert carrier.began.acquire(timeout=10)
    followers = []
    for work in others:
        followers.append(Caller(batcher, work))
        wait_until(lambda: batcher.waiting == len(followers))
    return leader, followers


def test_alone_a_thread_carries_its_own_work_and_waits_for_nobody(
    batcher: Batcher[str], carrier: Carrier
) -> None:
    carrier.may_end.release(2)

    batcher.submit("a")
    batcher.submit("b")

    assert carrier.calls == [["a"], ["b"]]


def test_those_who_come_meanwhile_are_carried_together_in_the_order_of_coming(
    batcher: Batcher[str], carrier: Carrier
) -> None:
    leader, followers = led_by_one_while_others_gather(batcher, carrier, "b", "c", "d")
    carrier.may_end.release(2)
    for thread in (leader, *followers):
        thread.join(10)

    assert carrier.calls == [["first"], ["b", "c", "d"]]


def test_who_has_been_carried_goes_on_while_the_next_call_is_under_way(
    batcher: Batcher[str], carrier: Carrier
) -> None:
    leader, (second, third) = led_by_one_while_others_gather(batcher, carrier, "b", "c")
    carrier.may_end.release()
    leader.join(10)
    assert carrier.began.acquire(timeout=10)
    latecomer = Caller(batcher, "late")
    wait_until(lambda: batcher.waiting == 1)
    carrier.may_end.release()
    assert carrier.began.acquire(timeout=10)  # the latecomer's call, which is held

    second.join(10)
    third.join(10)

    assert not second.is_alive()
    assert not third.is_alive()
    assert latecomer.is_alive()
    carrier.may_end.release()
    latecomer.join(10)
    assert carrier.calls == [["first"], ["b", "c"], ["late"]]


def test_a_call_that_fails_tells_everybody_in_it_and_nobody_else(
    batcher: Batcher[str], carrier: Carrier
) -> None:
    leader, (second, third) = led_by_one_while_others_gather(batcher, carrier, "b", "c")
    carrier.may_end.release()
    leader.join(10)
    carrier.error = ValueError("no")
    carrier.may_end.release(2)
    second.join(10)
    third.join(10)
    batcher.submit("after")

    assert leader.raised is None
    assert isinstance(second.raised, ValueError)
    assert isinstance(third.raised, BatchFailed)
    assert third.raised.__cause__ is second.raised
    assert carrier.calls[-1] == ["after"]


def test_under_load_everything_is_carried_once_by_one_call_at_a_time() -> None:
    carried: list[int] = []
    under_way: list[int] = []

    def carry(works: list[int]) -> None:
        under_way.append(1)
        assert len(under_way) == 1
        carried.extend(works)
        time.sleep(0)  # lets the others run in the middle of it
        under_way.pop()

    batcher = Batcher(carry)

    def share_many(first: int) -> None:
        for work in range(first, first + 200):
            batcher.submit(work)

    threads = [threading.Thread(target=share_many, args=(n * 200,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(carried) == list(range(16 * 200))
