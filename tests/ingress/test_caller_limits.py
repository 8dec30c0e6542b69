"""What keeps one caller from costing everybody else the processor."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.domain.errors import RateLimitExceeded
from app.ingress.caller_cooldown import ANSWER_SECONDS, CallerCooldown
from app.ingress.large_bodies import SMALL_BYTES_MAX, WAIT_SECONDS_MAX, LargeBodies
from tests.ingress.conftest import MakeSite

FULL_BYTES = 64 * 1024


def seconds_of(bodies: LargeBodies, sizes: list[tuple[str, int]]) -> float:
    """How long it takes until all of them have had their turn, sent at once."""

    async def take_turns() -> float:
        started_at = time.monotonic()
        await asyncio.gather(*(bodies.wait_turn(caller, size) for caller, size in sizes))
        return time.monotonic() - started_at

    return asyncio.run(take_turns())


def test_large_bodies_of_one_caller_are_read_at_intervals() -> None:
    assert seconds_of(LargeBodies(), [("ann", FULL_BYTES)] * 4) >= 3 * 0.06


@pytest.mark.parametrize(
    "sizes",
    [
        [(f"caller {number}", FULL_BYTES) for number in range(100)],
        [("ann", SMALL_BYTES_MAX)] * 1_000,
    ],
    ids=["different callers", "small ones"],
)
def test_others_and_small_bodies_wait_for_nobody(sizes: list[tuple[str, int]]) -> None:
    async def take_turns() -> None:
        bodies = LargeBodies(clock=lambda: 0.0)
        for caller, size in sizes:
            turn = asyncio.ensure_future(bodies.wait_turn(caller, size))
            await asyncio.sleep(0)
            assert turn.done()

    asyncio.run(take_turns())


def test_more_large_bodies_than_can_be_read_soon_are_refused() -> None:
    bodies = LargeBodies(clock=lambda: 0.0)
    fitting = int(WAIT_SECONDS_MAX / 0.064) + 1

    async def send_all() -> None:
        turns = [asyncio.ensure_future(bodies.wait_turn("ann", FULL_BYTES)) for _ in range(fitting)]
        await asyncio.sleep(0)
        with pytest.raises(RateLimitExceeded):
            await bodies.wait_turn("ann", FULL_BYTES)
        for turn in turns:
            turn.cancel()

    asyncio.run(send_all())


@pytest.mark.parametrize(("held_max", "is_held"), [(2, True), (0, False)])
def test_a_caller_in_a_cooldown_waits_for_its_answer(held_max: int, is_held: bool) -> None:
    async def ask() -> float:
        cooldown = CallerCooldown(held_max=held_max)
        cooldown.start("ann", 60.0)
        started_at = time.monotonic()
        check = asyncio.ensure_future(cooldown.check("ann"))
        await asyncio.sleep(0)
        assert check.done() is not is_held
        with pytest.raises(RateLimitExceeded):
            await check
        waited = time.monotonic() - started_at
        await cooldown.check("bob")
        return waited

    assert asyncio.run(ask()) >= (ANSWER_SECONDS if is_held else 0.0)


def test_over_the_limit_no_body_is_read_any_more(make_site: MakeSite) -> None:
    site = make_site(capture_rate_per_address=1)
    statuses = [site({"email": f"lead{number}@example.com"}).status for number in range(2)]
    unread = site(b"{")

    assert statuses == [202, 429]
    assert unread.status == 429
    assert unread.headers["x-ratelimit-limit"] == "1"
    assert unread.headers["x-ratelimit-remaining"] == "0"
    assert 1 <= int(unread.headers["retry-after"]) <= 60
