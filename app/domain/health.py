"""How an endpoint is doing, and how much of its backlog may be in flight because of it.

A healthy endpoint has its full window. Each time-out halves its flow, each success doubles it
again. After `OPEN_AFTER` failures in a row the circuit opens: one probe per interval, no more;
the first success closes it and the backlog flows again, from one at a time upwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from app.domain.backoff import RetryPolicy, delay_seconds, jittered
from app.domain.delivery import Decision, Verdict

#: Failures in a row after which an endpoint gets single probes only.
OPEN_AFTER = 5
#: Longest pause between two probes.
PROBE_CAP_SECONDS = 300.0
#: Without one success for this long, and with that many exhausted deliveries, it is disabled.
DISABLE_AFTER_DAYS = 5
DISABLE_AFTER_EXHAUSTED = 20

#: A healthy endpoint's next success is not worth a write before that.
SUCCESS_NOTED_EVERY = timedelta(minutes=1)


class Health(msgspec.Struct, frozen=True):
    """What is known of one endpoint."""

    #: Since when its webhook is active.
    active_since: datetime
    #: Failures in a row.
    failure_count: int = 0
    #: Deliveries given up since the last success.
    exhausted_count: int = 0
    #: Deliveries that may be in flight at once; None: the whole window.
    flow: int | None = None
    #: Nothing leaves before this time.
    not_before: datetime | None = None
    last_success_at: datetime | None = None
    #: Was disabled, and has not answered well since it is active again.
    recovering: bool = False


def after_attempt(
    health: Health,
    decision: Decision,
    *,
    timed_out: bool,
    window: int,
    policy: RetryPolicy,
    now: datetime,
    chance: float,
) -> Health:
    """The health after an attempt and the decision on it. `chance` (0 to 1) places the jitter."""
    if decision.verdict is Verdict.SUCCEEDED:
        return _after_success(health, window, now)
    if decision.verdict is Verdict.DEFERRED:
        pause = timedelta(seconds=decision.delay_seconds or 0)
        return msgspec.structs.replace(health, not_before=_later(health.not_before, now + pause))
    failures = health.failure_count + 1
    given_up = decision.verdict in (Verdict.FAILED, Verdict.GONE)
    return msgspec.structs.replace(
        health,
        failure_count=failures,
        exhausted_count=health.exhausted_count + given_up,
        flow=_flow_after_failure(health.flow, failures, timed_out=timed_out, window=window),
        not_before=_next_probe(health, failures, policy, now, chance),
    )


def allowance(health: Health, in_flight: int, window: int, now: datetime) -> int:
    """How many more deliveries may leave now."""
    if health.not_before is not None and now < health.not_before:
        return 0
    flow = 1 if health.failure_count >= OPEN_AFTER else health.flow
    return max(0, min(window, flow or window) - in_flight)


def should_disable(health: Health, now: datetime) -> bool:
    """Whether an endpoint has been dead for so long that trying on is pointless."""
    alive = max(health.last_success_at or health.active_since, health.active_since)
    dead_for = now - alive
    return health.exhausted_count >= DISABLE_AFTER_EXHAUSTED and dead_for >= timedelta(
        days=DISABLE_AFTER_DAYS
    )


def _after_success(health: Health, window: int, now: datetime) -> Health:
    if _is_perfect(health) and now - health.last_success_at < SUCCESS_NOTED_EVERY:  # type: ignore[operator]
        return health
    if health.failure_count >= OPEN_AFTER:
        flow: int | None = 1
    else:
        flow = health.flow * 2 if health.flow else None
    return Health(
        active_since=health.active_since,
        flow=flow if flow and flow < window else None,
        not_before=health.not_before if health.failure_count < OPEN_AFTER else None,
        last_success_at=now,
    )


def _is_perfect(health: Health) -> bool:
    blank = Health(active_since=health.active_since, last_success_at=health.last_success_at)
    return health == blank and health.last_success_at is not None


def _flow_after_failure(
    flow: int | None, failures: int, *, timed_out: bool, window: int
) -> int | None:
    if failures >= OPEN_AFTER:
        return 1
    return max(1, (flow or window) // 2) if timed_out else flow


def _next_probe(
    health: Health, failures: int, policy: RetryPolicy, now: datetime, chance: float
) -> datetime | None:
    if failures < OPEN_AFTER:
        return health.not_before
    probes = policy._replace(cap_seconds=min(PROBE_CAP_SECONDS, policy.cap_seconds))
    pause = jittered(delay_seconds(failures - OPEN_AFTER + 1, probes), chance)
    return _later(health.not_before, now + timedelta(seconds=pause))


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
