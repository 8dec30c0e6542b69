"""A time limit for what nearly always is there at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


async def within(seconds: float, work: Coroutine[Any, None, Result]) -> Result:
    """What `work` returns. Raises `TimeoutError` when it takes longer than `seconds`.

    Setting a limit takes longer than reading a body does, so it is only set once `work` has to
    wait for something.
    """
    try:
        awaited = work.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    async with asyncio.timeout(seconds):
        return await _Waiting(work, awaited)


class _Waiting(Generic[Result]):
    """A coroutine that has begun, and what it waits for."""

    def __init__(self, work: Coroutine[Any, None, Result], awaited: Any) -> None:
        self._work = work
        self._awaited = awaited

    def __await__(self) -> Generator[Any, None, Result]:
        try:
            yield self._awaited
        except BaseException:
            self._work.close()
            raise
        return (yield from self._work.__await__())
