"""The capture endpoint without servers, and what one body costs it."""

from __future__ import annotations

import asyncio
import functools
import gc
import itertools
import json
import re
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, NamedTuple, cast

from app.domain.org.org import Org, OrgSettings
from app.ingress.capture import CaptureEndpoint
from app.queue.admission import AdmissionRequest, AdmissionResult, AdmissionStatus
from config.settings import Settings
from scripts.commands.fuzz.post import Post

#: CPU after which a body is given up.
SECONDS_MAX = 2.0
_NUL_OR_SURROGATE = re.compile("[\0\ud800-\udfff]")


class Cost(NamedTuple):
    """What a request cost, and how it was answered."""

    milliseconds: float
    status: int


class _Writer:
    """Accepts everything and remembers the last capture."""

    def __init__(self) -> None:
        self.captures: list[bytes] = []

    async def accept(self, request: AdmissionRequest) -> AdmissionResult:
        self.captures.append(request.capture)
        return AdmissionResult(AdmissionStatus.ACCEPTED, 1, 0, b"")

    async def charge(self, *_: object) -> None:
        return None


class _Visitors:
    """Knows one org and no keys; nobody comes twice, so that nobody waits. Counts nothing."""

    org = Org("org_01", "acme", datetime(2026, 1, 1, tzinfo=UTC), b"s" * 32, OrgSettings())

    async def identified(self, host: str, key: str | None, identify: Callable[[], Any]) -> Any:
        return identify()

    def org_at(self, *_: object) -> Org:
        return self.org

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def client_address(self, *_: object) -> str:
        return str(ip_address(next(self._numbers)))

    def count(self, *_: object) -> None:
        pass


class Endless(KeyboardInterrupt):
    """A body takes so long that nobody waits for its end; no case for Hypothesis to shrink."""


class Intake:
    """The endpoint without the servers behind it."""

    def __init__(self) -> None:
        self._writer, visitors = _Writer(), _Visitors()
        application = Settings(
            database_url="postgresql://localhost/none",
            redis_url="redis://localhost",
            secret_key=b"k" * 32,
            base_domain="rex.test",
        )
        parts: Any = (self._writer, visitors, None, visitors, application)
        self._endpoint = CaptureEndpoint(*parts)
        self._loop = asyncio.new_event_loop()
        signal.signal(signal.SIGPROF, _give_up)
        gc.set_threshold(10_000, 20, 50)  # as the server does

    def post(self, post: Post) -> Cost:
        """Post a body; raises `AssertionError` when what comes of it cannot be stored."""
        del self._writer.captures[:]
        _forget_everything()
        gc.freeze()  # as the server does, so that no body pays for what others left
        signal.setitimer(signal.ITIMER_PROF, SECONDS_MAX)
        # The clock of the process stands still between two ticks of the kernel while a timer counts
        # its CPU: differences would be 0 or 4 ms. The clock of the thread does not.
        started = time.thread_time()
        status = self._loop.run_until_complete(self._status_of(post))
        signal.setitimer(signal.ITIMER_PROF, 0)
        cost = Cost((time.thread_time() - started) * 1000, status)
        for capture in self._writer.captures:
            kept = json.dumps(json.loads(capture), ensure_ascii=False)
            unescaped = re.sub(r"\\\\", "", kept).replace("\\u0000", "\0")
            assert not _NUL_OR_SURROGATE.search(unescaped), "a capture cannot be stored"
        return cost

    def close(self) -> None:
        """Give back what it holds."""
        self._loop.close()

    async def _status_of(self, post: Post) -> int:
        sent: list[Any] = []
        messages = [{"type": "http.request", "body": post.body, "more_body": False}]
        headers = [
            (b"host", b"acme.rex.test"),
            (b"content-type", post.content_type.encode("latin-1")),
            (b"content-length", b"%d" % len(post.body)),
        ]
        scope = {"type": "http", "method": "POST", "headers": headers, "client": ("192.0.2.1", 1)}

        async def receive() -> Any:
            return messages.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._endpoint(scope, receive, send)
        return cast(int, sent[0]["status"])


def _give_up(*_: object) -> None:
    raise Endless(f"a body costs more than {SECONDS_MAX:g} s of CPU")


_CACHED = type(functools.lru_cache(lambda: None))


@functools.cache
def _caches() -> list[Any]:
    return [
        found
        for found in gc.get_objects()
        if isinstance(found, _CACHED) and found.__module__.startswith("app.")
    ]


def _forget_everything() -> None:
    """Empty all caches of names and labels: an attacker's are never there."""
    for cache in _caches():
        cache.cache_clear()
