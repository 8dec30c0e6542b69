"""Group commit without a timer: what arrives while a flush is on its way goes with the next one.

Alone, an item leaves at once; under load the batches grow by themselves to what one round trip can
carry, so neither latency nor throughput needs a knob.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class GroupCommit(Generic[Item, Outcome]):
    """Hands items to `flush` one batch at a time, in order.

    A batch ends at `count_max` items, or when the sum of what `weigh` says reaches `weight_max`.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Outcome]]],
        weigh: Callable[[Item], int],
        *,
        count_max: int,
        weight_max: int,
    ) -> None:
        self._flush = flush
        self._weigh = weigh
        self._count_max = count_max
        self._weight_max = weight_max
        self._waiting: deque[tuple[Item, asyncio.Future[Outcome]]] = deque()
        self._flusher: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Outcome:
        """The outcome of the item once its flush is done; raises what the flush raised."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._run())
        return await future

    @property
    def waiting(self) -> int:
        """Items that are not on their way yet."""
        return len(self._waiting)

    async def drain(self) -> None:
        """Wait until nothing is waiting or on its way."""
        while self._flusher is not None:
            await asyncio.wait([self._flusher])

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._flush_batch(self._next_batch())
        finally:
            self._flusher = None

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Outcome]]]:
        batch: list[tuple[Item, asyncio.Future[Outcome]]] = []
        weight = 0
        while self._waiting and len(batch) < self._count_max and weight < self._weight_max:
            batch.append(self._waiting.popleft())
            weight += self._weigh(batch[-1][0])
        return batch

    async def _flush_batch(self, batch: list[tuple[Item, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._flush([item for item, _ in batch])
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
