"""A time limit that is set only for what has to wait, and then works like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from app.ingress.time_limit import within

LONG = 60.0
SHORT = 0.01


async def at_once() -> str:
    return "done"


async def after_waits(*waits: asyncio.Event) -> str:
    for wait in waits:
        await wait.wait()
    return "done"


async def fail(wait: asyncio.Event) -> str:
    await wait.wait()
    raise LookupError("nowhere")


async def beside(event: asyncio.Event, work: Coroutine[Any, None, str]) -> str:
    """Runs the work within a long time; the event happens once it waits."""
    asyncio.get_running_loop().call_soon(event.set)
    return await within(LONG, work)


def test_what_is_there_at_once_is_returned_without_giving_way_to_others() -> None:
    async def run() -> str:
        others = asyncio.create_task(asyncio.sleep(0))
        result = await within(0, at_once())
        assert not others.done()
        return result

    assert asyncio.run(run()) == "done"


def test_what_has_to_wait_more_than_once_is_waited_for() -> None:
    async def run() -> str:
        first, second = asyncio.Event(), asyncio.Event()
        work = after_waits(first, second)
        asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, second.set)
        return await beside(first, work)

    assert asyncio.run(run()) == "done"


@pytest.mark.parametrize("waits_before", [0, 1, 2])
def test_what_waits_too_long_is_cancelled_wherever_it_waits(waits_before: int) -> None:
    cleaned_up = []

    async def work() -> str:
        try:
            for _ in range(waits_before):
                await asyncio.sleep(0)
            return await after_waits(asyncio.Event())
        finally:
            cleaned_up.append(True)

    with pytest.raises(TimeoutError):
        asyncio.run(within(SHORT, work()))
    assert cleaned_up


def test_an_error_before_and_after_waiting_comes_through() -> None:
    async def run(*, wait: bool) -> str:
        event = asyncio.Event()
        if not wait:
            event.set()
        return await beside(event, fail(event))

    for wait in (False, True):
        with pytest.raises(LookupError):
            asyncio.run(run(wait=wait))


def test_who_is_cancelled_from_outside_hears_of_it() -> None:
    async def run() -> None:
        task = asyncio.create_task(within(LONG, after_waits(asyncio.Event())))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
