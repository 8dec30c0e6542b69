"""How an endpoint is doing, and how much of its backlog may be in flight because of it.

A healthy endpoint may use the whole limit. Each time-out halves its concurrency limit, each
success doubles it again. An endpoint that says it is too busy (429, 503) rests for as long as it
asks; its limit halves with each such rest and grows by one a second afterwards, so that it finds
the receiver's own pace. After `OPEN_AFTER` failures in a row the circuit opens: one probe per
interval, no more; the first success closes it and the backlog flows again, from one at a time
upwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from app.domain.backoff import RetryPolicy, delay_seconds, jittered
from app.domain.delivery import Decision, Verdict

#: Failures in a row after which an endpoint gets single probes only.
OPEN_AFTER = 5
#: After a rest the flow grows by one for each such while without another.
EASED_EVERY = timedelta(seconds=1)
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
    #: Deliveries that may be in flight at once; None: as many as the setting allows.
    concurrency_limit: int | None = None
    #: The circuit is open: no probe leaves before this time.
    circuit_open_until: datetime | None = None
    #: The receiver asked for rest: nothing leaves before this time. It stays set, and moves on
    #: with each step, while the flow grows back.
    cooldown_until: datetime | None = None
    last_success_at: datetime | None = None
    #: Was disabled, and has not answered well since it is active again.
    recovering: bool = False


def after_attempt(
    health: Health,
    decision: Decision,
    *,
    timed_out: bool,
    max_in_flight: int,
    policy: RetryPolicy,
    now: datetime,
    chance: float,
) -> Health:
    """The health after an attempt and the decision on it. `chance` (0 to 1) places the jitter."""
    if decision.verdict is Verdict.SUCCEEDED:
        return _after_success(health, max_in_flight, now)
    if decision.rest_seconds is not None:
        health = _cooling_down(health, decision.rest_seconds, max_in_flight, now)
    if decision.verdict is Verdict.DEFERRED:
        return health
    given_up = decision.verdict in (Verdict.FAILED, Verdict.GONE)
    health = msgspec.structs.replace(health, exhausted_count=health.exhausted_count + given_up)
    if health.circuit_open_until is not None and now < health.circuit_open_until:
        return health  # it left before the circuit opened, and says nothing about a probe
    failures = health.failure_count + 1
    return msgspec.structs.replace(
        health,
        failure_count=failures,
        concurrency_limit=_limit_after_failure(
            health.concurrency_limit, failures, timed_out=timed_out, max_in_flight=max_in_flight
        ),
        circuit_open_until=_next_probe(health, failures, policy, now, chance),
    )


def free_slots(health: Health, in_flight: int, max_in_flight: int, now: datetime) -> int:
    """How many more deliveries may leave now."""
    if any(
        until is not None and now < until
        for until in (health.circuit_open_until, health.cooldown_until)
    ):
        return 0
    concurrency_limit = 1 if health.failure_count >= OPEN_AFTER else health.concurrency_limit
    return max(0, min(max_in_flight, concurrency_limit or max_in_flight) - in_flight)


def should_disable(health: Health, now: datetime) -> bool:
    """Whether an endpoint has been dead for so long that trying on is pointless."""
    alive = max(health.last_success_at or health.active_since, health.active_since)
    dead_for = now - alive
    return health.exhausted_count >= DISABLE_AFTER_EXHAUSTED and dead_for >= timedelta(
        days=DISABLE_AFTER_DAYS
    )


def _after_success(health: Health, max_in_flight: int, now: datetime) -> Health:
    concurrency_limit, cooldown_until = _eased(health, now)
    rested = cooldown_until is None or cooldown_until <= now
    whole = concurrency_limit is None or (concurrency_limit >= max_in_flight and rested)
    after = Health(
        active_since=health.active_since,
        concurrency_limit=None if whole else concurrency_limit,
        cooldown_until=None if whole else cooldown_until,
        last_success_at=now,
    )
    noted = health.last_success_at
    same = noted is not None and msgspec.structs.replace(after, last_success_at=noted) == health
    return health if same and noted and now - noted < SUCCESS_NOTED_EVERY else after


def _eased(health: Health, now: datetime) -> tuple[int | None, datetime | None]:
    """The limit after a success, and up to when it was rested."""
    if health.failure_count >= OPEN_AFTER:
        return 1, health.cooldown_until
    if health.cooldown_until is None:
        return health.concurrency_limit and health.concurrency_limit * 2, None
    steps = max(0, (now - health.cooldown_until) // EASED_EVERY)
    return (health.concurrency_limit or 1) + steps, health.cooldown_until + steps * EASED_EVERY


def _cooling_down(health: Health, seconds: float, max_in_flight: int, now: datetime) -> Health:
    """Rest, with half the limit from then on; what was in flight together halves it once."""
    resting = health.cooldown_until is not None and now < health.cooldown_until
    concurrency_limit = health.concurrency_limit or max_in_flight
    return msgspec.structs.replace(
        health,
        concurrency_limit=concurrency_limit if resting else max(1, concurrency_limit // 2),
        cooldown_until=_later(health.cooldown_until, now + timedelta(seconds=seconds)),
    )


def _limit_after_failure(
    concurrency_limit: int | None, failures: int, *, timed_out: bool, max_in_flight: int
) -> int | None:
    if failures >= OPEN_AFTER:
        return 1
    return max(1, (concurrency_limit or max_in_flight) // 2) if timed_out else concurrency_limit


def _next_probe(
    health: Health, failures: int, policy: RetryPolicy, now: datetime, chance: float
) -> datetime | None:
    if failures < OPEN_AFTER:
        return health.circuit_open_until
    probes = policy._replace(cap_seconds=min(PROBE_CAP_SECONDS, policy.cap_seconds))
    pause = jittered(delay_seconds(failures - OPEN_AFTER + 1, probes), chance)
    return _later(health.circuit_open_until, now + timedelta(seconds=pause))


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)
