"""Captures are begun in the order of their coming, a few in each turn of the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial

import pytest

from app.ingress import turnstile
from app.ingress.turnstile import Turnstile


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PER_TURN", 2)
    monkeypatch.setattr(turnstile, "LINE_MAX", 3)
    monkeypatch.setattr(turnstile, "TELL_SECONDS", 0.01)


def begun_after(turns: int, enter: Callable[[Turnstile, Callable[[int], None]], None]) -> list[int]:
    """What was begun when so many turns have passed since `enter`."""

    async def scenario() -> list[int]:
        begun: list[int] = []
        enter(Turnstile(), begun.append)
        for _ in range(turns):
            await asyncio.sleep(0)
        return list(begun)

    return asyncio.run(scenario())


def five(gate: Turnstile, begin: Callable[[int], None]) -> None:
    for number in range(5):
        gate.enter(partial(begin, number))


@pytest.mark.parametrize(("turns", "begun"), [(0, 2), (1, 4), (2, 5), (3, 5)])
def test_a_few_are_begun_in_each_turn_in_the_order_of_their_coming(turns: int, begun: int) -> None:
    assert begun_after(turns, five) == list(range(begun))


def test_who_comes_while_others_wait_gets_behind_them() -> None:
    def enter(gate: Turnstile, begin: Callable[[int], None]) -> None:
        five(gate, begin)
        loop = asyncio.get_running_loop()
        loop.call_soon(gate.enter, partial(begin, 5))
        loop.call_soon(gate.enter, partial(begin, 6))

    assert begun_after(6, enter) == list(range(7))


def run(scenario: Callable[[Turnstile], Coroutine[None, None, None]]) -> None:
    async def with_turnstile() -> None:
        await scenario(Turnstile())

    asyncio.run(with_turnstile())


def test_it_is_full_when_the_line_is_and_no_longer() -> None:
    async def scenario(gate: Turnstile) -> None:
        told = [gate.is_full]
        five(gate, lambda number: None)
        told.append(gate.is_full)
        await asyncio.sleep(0)
        told.append(gate.is_full)
        assert told == [False, True, False]

    run(scenario)


def test_the_log_tells_of_many_refusals_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(gate: Turnstile) -> None:
        for _ in range(7):
            gate.note_refusal()
        while not caplog.records:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)

    with caplog.at_level(logging.WARNING):
        run(scenario)

    (record,) = caplog.records
    assert (record.message, record.__dict__["refused"]) == ("capture.overload", 7)
