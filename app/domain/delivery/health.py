"""How an endpoint is doing, and whether anything may leave for it because of that.

A receiver that names a time (Retry-After) is left alone until then. After `OPEN_AFTER` failures in
a row the circuit opens: one probe per interval, no more; the first success closes it. How many
deliveries may be in flight at once is another matter (concurrency.py).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from app.domain.delivery.backoff import RetryPolicy, delay_seconds, jittered
from app.domain.delivery.delivery import Decision, Verdict

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
    #: Deliveries in flight at once that a process found it to bear; None: not known yet.
    concurrency_limit: int | None = None
    #: The circuit is open: no probe leaves before this time.
    circuit_open_until: datetime | None = None
    #: The receiver named this time: nothing leaves before.
    cooldown_until: datetime | None = None
    last_success_at: datetime | None = None
    #: Was disabled, and has not answered well since it is active again.
    recovering: bool = False


def after_attempt(
    health: Health,
    decision: Decision,
    *,
    counts: bool,
    policy: RetryPolicy,
    now: datetime,
    chance: float,
) -> Health:
    """The health after an attempt and the decision on it. `chance` (0 to 1) places the jitter.

    `counts`: a failure is one of the endpoint's, not of our having sent too much at once.
    """
    if decision.verdict is Verdict.SUCCEEDED:
        return _after_success(health, now)
    if decision.rest_seconds is not None:
        until = _later(health.cooldown_until, now + timedelta(seconds=decision.rest_seconds))
        health = msgspec.structs.replace(health, cooldown_until=until)
    if decision.verdict is Verdict.DEFERRED:
        return health
    given_up = decision.verdict in (Verdict.FAILED, Verdict.GONE)
    health = msgspec.structs.replace(health, exhausted_count=health.exhausted_count + given_up)
    if not counts or (health.circuit_open_until is not None and now < health.circuit_open_until):
        return health  # it left before the circuit opened, and says nothing about a probe
    failures = health.failure_count + 1
    return msgspec.structs.replace(
        health,
        failure_count=failures,
        circuit_open_until=_next_probe(health, failures, policy, now, chance),
    )


def is_circuit_open(health: Health) -> bool:
    """Whether only single probes may leave."""
    return health.failure_count >= OPEN_AFTER


def opens_at(health: Health, now: datetime) -> datetime | None:
    """When something may leave again; None: now."""
    pauses = (health.circuit_open_until, health.cooldown_until)
    return max((until for until in pauses if until is not None and now < until), default=None)


def should_disable(health: Health, now: datetime) -> bool:
    """Whether an endpoint has been dead for so long that trying on is pointless."""
    alive = max(health.last_success_at or health.active_since, health.active_since)
    dead_for = now - alive
    return health.exhausted_count >= DISABLE_AFTER_EXHAUSTED and dead_for >= timedelta(
        days=DISABLE_AFTER_DAYS
    )


def _after_success(health: Health, now: datetime) -> Health:
    resting = health.cooldown_until is not None and now < health.cooldown_until
    after = Health(
        active_since=health.active_since,
        concurrency_limit=health.concurrency_limit,
        cooldown_until=health.cooldown_until if resting else None,
        last_success_at=now,
    )
    noted = health.last_success_at
    same = noted is not None and msgspec.structs.replace(after, last_success_at=noted) == health
    return health if same and noted and now - noted < SUCCESS_NOTED_EVERY else after


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
