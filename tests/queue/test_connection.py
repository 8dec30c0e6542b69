"""Connections that threads share."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from app.queue.connection import connect, hang_up


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_hanging_up_touches_no_connection_that_a_thread_uses(redis_url: str) -> None:
    """Or a command of another thread would fail by an error that is not one of Redis'."""
    done = threading.Event()
    with (
        closing(connect(redis_url, connections=4, retries=0)) as client,
        ThreadPoolExecutor(5) as threads,
    ):

        def use() -> int:
            return sum(client.incr("counter") > 0 for _ in range(500))

        def keep_hanging_up() -> None:
            while not done.is_set():
                hang_up(client)

        hanging_up = threads.submit(keep_hanging_up)
        try:
            uses = [threads.submit(use) for _ in range(4)]
            assert [each.result() for each in uses] == [500] * 4
        finally:
            done.set()
        hanging_up.result()
        assert client.get("counter") == b"2000"
