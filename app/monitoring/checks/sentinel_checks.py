"""Checks the Sentinels that REDIS_URL names, if it names any."""

from __future__ import annotations

from app.domain.system.finding import Outcome, failed, ok, warning
from app.monitoring.system import System
from app.queue.sentinel_facts import SentinelSeen, sentinel_facts

Facts = list[SentinelSeen]

NONE = ok("REDIS_URL names none")


def gather(system: System) -> Facts:
    """What each of them says."""
    return sentinel_facts(system.settings.redis_url)


def enough_answer(facts: Facts) -> Outcome:
    """So many Sentinels answer that they can promote another server."""
    if not facts:
        return NONE
    silent = [each.address for each in facts if each.primary is None]
    answering = len(facts) - len(silent)
    # A majority of all that know each other elects the one that promotes.
    known = max((each.others + 1 for each in facts if each.primary), default=len(facts))
    needed = max(known // 2 + 1, *(each.quorum for each in facts))
    found = f"{answering} of {len(facts)} answer, {needed} are needed"
    if silent:
        found += f"; not {', '.join(silent)}"
    advice = "start it, or see that its address and the name of the service in REDIS_URL are right"
    if answering < needed:
        return failed(found, advice)
    return warning(found, advice) if silent else ok(found)


def they_agree(facts: Facts) -> Outcome:
    """All Sentinels name the same primary, and it is up."""
    if not facts:
        return NONE
    primaries = {each.primary for each in facts if each.primary}
    names = ", ".join(sorted(f"{host}:{port}" for host, port in primaries))
    if len(primaries) > 1:
        return warning(names, "wait for a failover to end; one that was cut off needs a restart")
    if not any(each.is_up for each in facts):
        return failed(f"{names or 'no primary'}: down", "start it, or see why none is promoted")
    return ok(names)


def there_is_a_replica(facts: Facts) -> Outcome:
    """A replica is up that may be promoted."""
    if not facts:
        return NONE
    replicas = max(each.replicas for each in facts)
    if not replicas:
        return failed(
            "no replica is up: nothing can replace the primary",
            "start a replica, with a replica-priority above 0",
        )
    return ok(f"{replicas} replicas")


CHECKS = (enough_answer, they_agree, there_is_a_replica)
