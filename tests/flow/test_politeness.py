"""Receivers that say how much they can take are not asked for more, and still get everything.

Scaled: a limit of 10 a second and 1,000 events would take two minutes, so the limits here are 100
and 50 a second. The time that is asked for is in whole seconds in either case.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from scripts.client import Rex
from scripts.receiver import Reply
from scripts.system.whole import WholeSystem
from tests.flow.strangers import Arrival, Stranger
from tests.flow.systems import query, record_all, webhook_to
from tests.waiting import eventually

OPEN = (
    "SELECT count(*) FROM deliveries"
    " WHERE webhook_id = ANY(%s) AND status IN ('pending', 'attempting')"
)
#: Seconds by which PostgreSQL's clock and ours may drift apart during a test.
CLOCKS_DIFFER = 0.1
EVENTS = 1000
SOME_EVENTS = 300
#: Between a refusal and its being known to whoever sends: requests under way meanwhile.
UNDER_WAY_SECONDS = 0.25
#: Requests that may be on their way for longer than that when the machine stalls.
LATE_MAX = 10


class Limited:
    """Takes so many a second, and tells everybody else when to come again."""

    def __init__(self, per_second: int, status: int, *, as_date: bool, shift: float = 0.0) -> None:
        self._per_second = per_second
        self._status = status
        self._as_date = as_date
        self._shift = shift
        self._guard = threading.Lock()
        self._window_ends = 0.0
        self._taken = 0
        #: When it refused, and until when it wanted to be left alone (monotonic seconds).
        self.told: list[tuple[float, float]] = []

    def __call__(self, event: dict[str, Any]) -> Reply:
        with self._guard:
            at = time.monotonic()
            if at >= self._window_ends:
                self._window_ends, self._taken = at + 1.0, 0
            self._taken += 1
            if self._taken <= self._per_second:
                return Reply(headers=self._date())
            return Reply(self._status, {"Retry-After": self._retry_after(at)} | self._date())

    def _retry_after(self, at: float) -> str:
        if not self._as_date:
            self.told.append((at, at + 1.0))
            return "1"
        clock = time.time() + self._shift
        opens = math.ceil(clock + self._window_ends - at)
        self.told.append((at, at + opens - clock))
        return format_datetime(datetime.fromtimestamp(opens, UTC), usegmt=True)

    def _date(self) -> dict[str, str]:
        clock = datetime.fromtimestamp(time.time() + self._shift, UTC)
        return {"Date": format_datetime(clock, usegmt=True)} if self._shift else {}


def most_too_early(told: list[tuple[float, float]], arrivals: list[Arrival]) -> int:
    """How many came too early after one refusal, at most, leaving out what was under way."""
    return max(
        sum(refused_at + UNDER_WAY_SECONDS < each.at < until for each in arrivals)
        for refused_at, until in told
    )


def test_nobody_comes_back_earlier_than_told_and_every_event_is_delivered_in_three_attempts(
    rex: Rex, system: WholeSystem
) -> None:
    limits = {
        "seconds": Limited(100, 429, as_date=False),
        "dates": Limited(50, 503, as_date=True),
        # By its own clock, which is an hour slow.
        "dates of another clock": Limited(50, 429, as_date=True, shift=-3600.0),
    }
    events = {"seconds": EVENTS, "dates": SOME_EVENTS, "dates of another clock": SOME_EVENTS}
    with ExitStack() as opened:
        strangers = {name: opened.enter_context(Stranger(each)) for name, each in limits.items()}
        webhooks: list[str] = []
        for name, each in strangers.items():
            kind = "contact.created" if events[name] == EVENTS else "contact.updated"
            webhooks.append(opened.enter_context(webhook_to(rex, each.url, events=[kind])))
        record_all(system, [f"polite{n}@example.com" for n in range(EVENTS)])
        record_all(system, [f"polite{n}@example.com" for n in range(SOME_EVENTS)])
        for name, each in strangers.items():
            each.wait_for(events[name], 60)
        # What has been answered is recorded a moment later.
        eventually(lambda: query(system, OPEN, webhooks) == [(0,)])
        used = query(
            system,
            "SELECT max(attempts), max(failures) FROM deliveries WHERE webhook_id = ANY(%s)",
            webhooks,
        )
        states = query(
            system,
            "SELECT status, count(*) FROM deliveries WHERE webhook_id = ANY(%s) GROUP BY 1",
            webhooks,
        )

    for name, each in strangers.items():
        arrivals = each.arrivals
        assert limits[name].told, name
        # On a machine that stalls, what was in flight at the refusal may arrive later than that.
        assert most_too_early(limits[name].told, arrivals) <= LATE_MAX, name
        requests = Counter(arrival.delivery_id for arrival in arrivals)
        assert len(requests) == events[name], name
        assert max(requests.values()) <= 3, name
    assert states == [("succeeded", EVENTS + 2 * SOME_EVENTS)]
    ((most_attempts, failures),) = used
    assert most_attempts <= 3
    assert failures == 0


def test_a_busy_answer_without_a_time_does_not_stop_the_others_and_loses_nothing(
    rex: Rex, system: WholeSystem
) -> None:
    refused: list[dict[str, Any]] = []
    guard = threading.Lock()

    def busy_now_and_then(event: dict[str, Any]) -> Reply:
        with guard:
            if event["data"]["sequence"] == 1 and len(refused) < 6 and chance.random() < 0.06:
                refused.append(event)
                return Reply(503)
        return Reply()

    chance = random.Random(1)
    pauses = "SELECT rest_until, not_before FROM webhook_health WHERE webhook_id = %s"
    with Stranger(busy_now_and_then) as stranger, webhook_to(rex, stranger.url) as webhook_id:
        record_all(system, [f"busy{n}@example.com" for n in range(200)])
        stranger.wait_for(200, 60)
        eventually(lambda: query(system, OPEN, [webhook_id]) == [(0,)])
        paused = query(system, pauses, webhook_id)

    assert refused
    # Nobody is left alone because of one refusal.
    assert paused == [(None, None)]


@pytest.mark.parametrize(
    ("per_second", "events"), [pytest.param(8, 40, marks=pytest.mark.all_only), (50, 150)]
)
def test_nothing_arrives_before_a_webhooks_rate_limit_permits_it(
    rex: Rex, system: WholeSystem, per_second: int, events: int
) -> None:
    with Stranger() as stranger, webhook_to(rex, stranger.url, rate_limit=per_second):
        began_at = time.monotonic()
        record_all(system, [f"p{n}at{per_second}@example.com" for n in range(events)])
        stranger.wait_for(events, 60)

    times = sorted(each.at for each in stranger.arrivals)
    assert len(times) == events
    # The first may leave at once, each other one interval after the one before. A machine that is
    # held up makes arrivals later, never earlier.
    early = [n for n, at in enumerate(times) if at < began_at + n / per_second - CLOCKS_DIFFER]
    assert early == []
