"""Checks every server of the queue: durability, writes, memory, role, latency and clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from app.domain.system.finding import Outcome, Status, failed, limits, ok, warning
from app.monitoring.checks.clocks import clock
from app.monitoring.system import System
from app.queue.server_facts import RedisFacts, redis_facts
from app.queue.stream_clients import servers_of

VERSION_MIN = 7
REPLY_SECONDS = 0.05
MEMORY_SHARE_WARN = 0.7
REPLICA_LAG_SECONDS = 10
#: Replicas say once a second how far they are.
REQUIRED_LAG_SECONDS = 2


def gather(system: System) -> list[RedisFacts]:
    """What the servers say of themselves, in the order of their streams."""
    required = system.settings.redis_replicas_required
    found = [redis_facts(*stream) for stream in servers_of(system.streams)]
    return [facts._replace(replicas_required=required) for facts in found]


def of_each(check: Callable[[RedisFacts], Outcome]) -> Callable[[Sequence[RedisFacts]], Outcome]:
    """A check of all servers: the worst of what it finds, and on which."""

    @wraps(check)
    def worst(servers: Sequence[RedisFacts]) -> Outcome:
        outcomes = [check(facts) for facts in servers]
        number, outcome = max(enumerate(outcomes), key=lambda pair: _BADNESS.index(pair[1].status))
        if len(servers) == 1:
            return outcome
        return outcome._replace(found=f"stream {number}: {outcome.found}")

    return worst


_BADNESS = (Status.OK, Status.UNKNOWN, Status.WARNING, Status.FAILED)


def takes_writes(facts: RedisFacts) -> Outcome:
    """A key can be written."""
    if facts.refuses_writes is None:
        return ok("yes")
    return failed(
        f"no: {facts.refuses_writes}",
        "captures go to PostgreSQL meanwhile; free memory or disk, or point REDIS_URL at the"
        " primary",
    )


def keeps_an_append_only_file(facts: RedisFacts) -> Outcome:
    """appendonly is on: a restart forgets nothing."""
    enabled = facts.info.get("aof_enabled")
    if enabled is None and "appendonly" not in facts.config:
        return warning("INFO does not tell", "ask your provider whether appendonly is on")
    if enabled or facts.config.get("appendonly") == "yes":
        return ok("appendonly yes")
    return failed(
        "appendonly no: a restart loses accepted captures",
        "CONFIG SET appendonly yes, and the same in its configuration file",
    )


def fsyncs_always(facts: RedisFacts) -> Outcome:
    """appendfsync is always: what was acknowledged is on disk."""
    policy = facts.config.get("appendfsync")
    if policy is None:
        return warning("CONFIG is forbidden", "ask your provider whether appendfsync is always")
    if policy == "always":
        return ok("appendfsync always")
    return failed(
        f"appendfsync {policy}: a crash of its machine loses the last captures",
        "CONFIG SET appendfsync always, and the same in its configuration file",
    )


def writes_its_file(facts: RedisFacts) -> Outcome:
    """The last write to the append-only file worked."""
    states = {name: facts.info.get(name, "ok") for name in _WRITE_STATES}
    bad = [name for name, state in states.items() if state != "ok"]
    if not bad:
        return ok("ok")
    return failed(f"{', '.join(bad)}: failed", "look at the disk of Redis: full, or broken")


_WRITE_STATES = ("aof_last_write_status", "aof_last_bgrewrite_status")


def evicts_nothing(facts: RedisFacts) -> Outcome:
    """maxmemory-policy drops no job under pressure."""
    policy = facts.info.get("maxmemory_policy") or facts.config.get("maxmemory-policy", "")
    if policy.startswith("allkeys"):
        return failed(
            f"{policy}: under pressure it drops the queue", "CONFIG SET maxmemory-policy noeviction"
        )
    return ok(policy or "noeviction")


def has_room(facts: RedisFacts) -> Outcome:
    """Used memory is well below maxmemory."""
    used, most = int(facts.info.get("used_memory", 0)), int(facts.info.get("maxmemory", 0))
    if not most:
        return ok(f"{used / 2**20:,.0f} MiB used, no maxmemory")
    advice = "raise maxmemory, or find out why captures are not recorded"
    found = f"{used / most:.0%} of maxmemory used"
    return limits(used / most, found, advice, warn=MEMORY_SHARE_WARN, fail=0.85)


def is_recent(facts: RedisFacts) -> Outcome:
    """Redis 7 or later, or any Valkey."""
    server, version = "Valkey", facts.info.get("valkey_version")
    if not version:
        server, version = "Redis", str(facts.info.get("redis_version", "0"))
        if int(version.partition(".")[0]) < VERSION_MIN:
            return failed(f"Redis {version}", "upgrade to Redis 7 or later, or to Valkey")
    return ok(f"{server} {version}")


def is_the_primary(facts: RedisFacts) -> Outcome:
    """REDIS_URL names a primary, whose replicas, if it has any, follow."""
    if facts.info.get("role", "master") != "master":
        return failed("it is a replica", "point REDIS_URL at the primary")
    replicas = _replicas(facts)
    late = [each for each in replicas if int(each.get("lag", 0)) > REPLICA_LAG_SECONDS]
    if late:
        return warning(
            f"{len(late)} of {len(replicas)} replicas lag", "look at their log and the network"
        )
    return ok(f"primary with {len(replicas)} replicas")


def has_the_required_replicas(facts: RedisFacts) -> Outcome:
    """As many replicas follow closely as must have a capture before it is answered."""
    required, replicas = facts.replicas_required, _replicas(facts)
    near = [
        each
        for each in replicas
        if each.get("state") == "online" and int(each.get("lag", 0)) <= REQUIRED_LAG_SECONDS
    ]
    if len(near) < required:
        return failed(
            f"{len(near)} of {required}",
            "each capture goes to PostgreSQL as well meanwhile; start them, or look at the network",
        )
    if replicas and not required:
        return warning(
            f"REDIS_REPLICAS_REQUIRED=0 with {len(replicas)} replicas",
            "a failover may lose the last captures: set it to 1 (docs/high-availability.md)",
        )
    return ok(f"{len(near)} of {required}")


def _replicas(facts: RedisFacts) -> list[Mapping[str, Any]]:
    return [v for k, v in facts.info.items() if k.startswith("slave") and isinstance(v, dict)]


def answers_quickly(facts: RedisFacts) -> Outcome:
    """A reply takes less than 50 ms: every capture waits for one."""
    found = f"{facts.reply_seconds * 1000:.1f} ms"
    advice = "put Redis nearer, or look for slow commands (SLOWLOG GET) and a slow disk"
    return limits(facts.reply_seconds, found, advice, warn=REPLY_SECONDS, fail=0.5)


def has_the_right_time(facts: RedisFacts) -> Outcome:
    """Its clock and that of this machine agree."""
    return clock(facts.seconds_ahead)


CHECKS: tuple[Callable[[Sequence[RedisFacts]], Outcome], ...] = (
    *map(of_each, (takes_writes, keeps_an_append_only_file, fsyncs_always, writes_its_file)),
    *map(of_each, (evicts_nothing, has_room, is_recent, is_the_primary)),
    *map(of_each, (has_the_required_replicas, answers_quickly, has_the_right_time)),
)
