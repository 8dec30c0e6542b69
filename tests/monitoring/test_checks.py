"""Each check is ok on a system that is well, and finds the fault that it is there for."""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.system.finding import Outcome, Status
from app.domain.system.process import ROLES, ProcessReport, ProcessSeen
from app.monitoring.checks import (
    backlog_checks,
    caller_checks,
    cluster_checks,
    data_checks,
    database_checks,
    host_checks,
    network_checks,
    process_checks,
    redis_checks,
    sentinel_checks,
)
from app.monitoring.doctor import GROUPS
from app.queue.sentinel_facts import SentinelSeen
from app.queue.server_facts import RedisFacts
from app.storage.figures.server_facts import DatabaseFacts, TableState
from config.settings import Settings

FAILED, WARNING, UNKNOWN = Status.FAILED, Status.WARNING, Status.UNKNOWN
Check = Callable[[Any], Outcome]


def process(role: str, age_seconds: float = 1.0, version: str = "1") -> ProcessSeen:
    start = datetime(2026, 3, 16, tzinfo=UTC)
    return ProcessSeen(ProcessReport(f"{role}-1", role, "host", 1, version, start), age_seconds)


ALL_ROLES = [process(role) for role in ROLES]
REDIS = RedisFacts(
    {"redis_version": "7.4.1", "aof_enabled": 1, "role": "master", "used_memory": 1},
    {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"},
    None,
    0.0,
    0.001,
)
DATABASE = DatabaseFacts(
    {
        **dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit", "autovacuum"), "on"),
        "max_connections": "100",
        "server_version_num": "140001",
        "transaction_read_only": "off",
    },
    False,
    None,
    0.0,
    10,
    1.0,
    [TableState("deliveries", 100_000, 100_000, False)],
    [("standby", "streaming")],
    [],
    1_000,
)
DATA = data_checks.Facts([], True, 600.0, {"events": 3.0, "captures": 3.0})
BACKLOG = backlog_checks.Facts(
    dict.fromkeys(("capture", "fallback", "first_attempt", "retry"), 9.0), 0, 0, 0
)
HOST = host_checks.Facts({"/": 0.5}, 65_536, 0.5, 1.0)
NETWORK = network_checks.Facts(("crm.example", 443), 0.01, None, None, 140, None)
SETTINGS = Settings("", "", b"", base_domain="example.com")
CALLERS = caller_checks.Facts(SETTINGS, [f"198.51.100.{number}" for number in range(100)])


SENTINELS = [SentinelSeen(f"s{n}:26379", ("a", 6379), True, 2, 2, 1) for n in range(3)]
SILENT = SentinelSeen("s3:26379")


def redis(**info: object) -> RedisFacts:
    return REDIS._replace(info={**REDIS.info, **info})


def database(**settings: str) -> DatabaseFacts:
    return DATABASE._replace(settings={**DATABASE.settings, **settings})


NEAR = {"state": "online", "lag": 0}
STANDBY = {"synchronous_standby_names": "ANY 1 (*)"}


def requires(replicas: int, **info: object) -> RedisFacts:
    return redis(**info)._replace(replicas_required=replicas)


def waits(kind: str, seconds: float) -> backlog_checks.Facts:
    return BACKLOG._replace(oldest={**BACKLOG.oldest, kind: seconds})


def settings(**changes: Any) -> caller_checks.Facts:
    return CALLERS._replace(settings=Settings("", "", b"", **{"base_domain": "a.io", **changes}))


def without(role: str) -> list[ProcessSeen]:
    return [each for each in ALL_ROLES if each.report.role != role]


LOST = TableState("events", 10, 20_000, False)
UNVACUUMED = TableState("events", 10, 0, True)
WIDE = (ipaddress.ip_network("0.0.0.0/0"),)

WELL: dict[str, object] = {
    "redis": [REDIS],
    "sentinels": SENTINELS,
    "postgresql": DATABASE,
    "data": DATA,
    "processes": ALL_ROLES,
    "backlog": BACKLOG,
    "host": HOST,
    "network": NETWORK,
    "callers": CALLERS,
}
FAULTS: list[tuple[Check, object, Status]] = [
    (redis_checks.takes_writes, REDIS._replace(refuses_writes="OOM"), FAILED),
    (
        redis_checks.keeps_an_append_only_file,
        REDIS._replace(info={"aof_enabled": 0}, config={}),
        FAILED,
    ),
    (redis_checks.keeps_an_append_only_file, REDIS._replace(info={}, config={}), WARNING),
    (redis_checks.fsyncs_always, REDIS._replace(config={"appendfsync": "everysec"}), FAILED),
    (redis_checks.fsyncs_always, REDIS._replace(config={}), WARNING),
    (redis_checks.writes_its_file, redis(aof_last_write_status="err"), FAILED),
    (redis_checks.evicts_nothing, redis(maxmemory_policy="allkeys-lru"), FAILED),
    (redis_checks.has_room, redis(used_memory=75, maxmemory=100), WARNING),
    (redis_checks.has_room, redis(used_memory=90, maxmemory=100), FAILED),
    (redis_checks.is_recent, redis(redis_version="6.2.14"), FAILED),
    (redis_checks.is_the_primary, redis(role="slave"), FAILED),
    (redis_checks.is_the_primary, redis(slave0={"lag": 11}), WARNING),
    (redis_checks.has_the_required_replicas, requires(1), FAILED),
    (redis_checks.has_the_required_replicas, requires(2, slave0=NEAR), FAILED),
    (redis_checks.has_the_required_replicas, requires(1, slave0={**NEAR, "lag": 3}), FAILED),
    (redis_checks.has_the_required_replicas, requires(1, slave0={"state": "wait_bgsave"}), FAILED),
    (redis_checks.has_the_required_replicas, requires(0, slave0=NEAR), WARNING),
    (redis_checks.answers_quickly, REDIS._replace(reply_seconds=0.1), WARNING),
    (redis_checks.has_the_right_time, REDIS._replace(seconds_ahead=-3600.0), FAILED),
    (redis_checks.has_the_right_time, REDIS._replace(seconds_ahead=1.0), WARNING),
    (sentinel_checks.enough_answer, [*SENTINELS, SILENT], WARNING),
    (sentinel_checks.enough_answer, [SENTINELS[0], SILENT, SILENT], FAILED),
    (sentinel_checks.enough_answer, [SENTINELS[0]._replace(others=4)] * 2, FAILED),
    (sentinel_checks.enough_answer, [SILENT] * 3, FAILED),
    (
        sentinel_checks.they_agree,
        [*SENTINELS, SENTINELS[0]._replace(primary=("b", 6379))],
        WARNING,
    ),
    (sentinel_checks.they_agree, [each._replace(is_up=False) for each in SENTINELS], FAILED),
    (sentinel_checks.they_agree, [SILENT], FAILED),
    (sentinel_checks.there_is_a_replica, [e._replace(replicas=0) for e in SENTINELS], FAILED),
    (cluster_checks.has_a_shard_for_each_stream, [redis(run_id="a"), redis(run_id="a")], WARNING),
    (
        cluster_checks.goes_on_without_a_shard,
        2 * [REDIS._replace(config={"cluster-require-full-coverage": "yes"})],
        WARNING,
    ),
    (database_checks.takes_writes, DATABASE._replace(in_recovery=True), FAILED),
    (database_checks.takes_writes, database(transaction_read_only="on"), FAILED),
    (database_checks.takes_writes, DATABASE._replace(refuses_writes="no space left"), FAILED),
    (database_checks.fsyncs, database(fsync="off"), FAILED),
    (database_checks.writes_full_pages, database(full_page_writes="off"), FAILED),
    (database_checks.commits_to_disk, database(synchronous_commit="off"), FAILED),
    (database_checks.commits_to_a_standby, DATABASE._replace(replicas_required=1), WARNING),
    (
        database_checks.commits_to_a_standby,
        database(**STANDBY, synchronous_commit="local")._replace(replicas_required=1),
        WARNING,
    ),
    (database_checks.is_recent, database(server_version_num="130009"), FAILED),
    (database_checks.has_the_right_time, DATABASE._replace(seconds_ahead=3600.0), FAILED),
    (database_checks.vacuums, database(autovacuum="off"), FAILED),
    (database_checks.vacuums, DATABASE._replace(tables=[UNVACUUMED]), FAILED),
    (database_checks.has_few_dead_rows, DATABASE._replace(tables=[LOST]), WARNING),
    (database_checks.has_sessions_left, DATABASE._replace(sessions=96), FAILED),
    (
        database_checks.has_no_old_transaction,
        DATABASE._replace(oldest_transaction_seconds=301.0),
        WARNING,
    ),
    (database_checks.replicates, DATABASE._replace(idle_slots=["standby"]), WARNING),
    (database_checks.replicates, DATABASE._replace(replicas=[("standby", "catchup")]), WARNING),
    (database_checks.has_transaction_ids, DATABASE._replace(xid_age=1_600_000_000), FAILED),
    (data_checks.migrations_are_done, DATA._replace(pending=["0008_processes"]), FAILED),
    (data_checks.secret_key_fits, DATA._replace(key_fits=False), FAILED),
    (data_checks.secret_key_fits, DATA._replace(key_fits=None), UNKNOWN),
    (data_checks.partitions_are_ahead, DATA._replace(days_ahead={"events": 1.9}), WARNING),
    (data_checks.partitions_are_ahead, DATA._replace(astray=["events"]), WARNING),
    (data_checks.retention_runs, DATA._replace(retention_age_seconds=2 * 86_400.0), WARNING),
    (process_checks.web_is_alive, without("web"), FAILED),
    (process_checks.captures_is_alive, without("captures"), FAILED),
    (process_checks.deliveries_is_alive, [process("deliveries", 60.0)], FAILED),
    (process_checks.scheduler_is_alive, without("scheduler"), FAILED),
    (process_checks.versions_are_equal, [process("web"), process("captures", 1, "2")], WARNING),
    (process_checks.nobody_died, [*ALL_ROLES, process("web", 60.0)], WARNING),
    (backlog_checks.captures_are_recorded, waits("capture", 11.0), WARNING),
    (backlog_checks.captures_are_recorded, waits("capture", 61.0), FAILED),
    (backlog_checks.fallback_drains, waits("fallback", 61.0), WARNING),
    (backlog_checks.first_attempts_leave, waits("first_attempt", 61.0), FAILED),
    (backlog_checks.retries_leave, waits("retry", 601.0), FAILED),
    (backlog_checks.no_dead_letters, BACKLOG._replace(dead_letters=1), WARNING),
    (backlog_checks.every_job_is_readable, BACKLOG._replace(unreadable_jobs=1), WARNING),
    (backlog_checks.circuits_are_closed, BACKLOG._replace(open_circuits=1), WARNING),
    (host_checks.has_disk, HOST._replace(disks={"/": 0.1, "/data": 0.96}), FAILED),
    (host_checks.has_descriptors, HOST._replace(descriptors_max=1024), WARNING),
    (host_checks.has_memory, HOST._replace(memory_available=0.02), FAILED),
    (host_checks.is_not_overloaded, HOST._replace(load=5.0), WARNING),
    (network_checks.looks_names_up, NETWORK._replace(look_up_error="no such host"), FAILED),
    (network_checks.looks_names_up, NETWORK._replace(look_up_seconds=2.0), WARNING),
    (network_checks.connects_out, NETWORK._replace(connect_error="timed out"), FAILED),
    (network_checks.trusts_authorities, NETWORK._replace(authorities=0), FAILED),
    (network_checks.trusts_authorities, NETWORK._replace(ca_file_error="no such file"), FAILED),
    (caller_checks.visitors_have_addresses, CALLERS._replace(addresses=["10.0.0.5"] * 50), WARNING),
    (caller_checks.proxies_are_narrow, settings(trusted_proxies=WIDE), WARNING),
    (caller_checks.listens_behind_a_proxy, settings(host="0.0.0.0"), WARNING),
    (caller_checks.receivers_are_public, settings(allow_private_webhooks=True), WARNING),
    (caller_checks.the_queue_must_be_durable, settings(allow_volatile_queue=True), WARNING),
]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_no_check_complains_of_a_system_that_is_well(group: Any) -> None:
    outcomes = {check.__name__: check(WELL[group.name]) for check in group.checks}
    complaints = {name: each for name, each in outcomes.items() if each.status is not Status.OK}
    assert not complaints
    assert not any(each.advice for each in outcomes.values())


@pytest.mark.parametrize(
    ("check", "facts", "status"), FAULTS, ids=[check.__name__ for check, _, _ in FAULTS]
)
def test_a_check_finds_its_fault_and_says_what_to_do(
    check: Check, facts: object, status: Status
) -> None:
    outcome = check(facts)
    assert outcome.status is status
    assert outcome.advice
    assert "\n" not in outcome.found + outcome.advice


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        (redis_checks.has_the_required_replicas, requires(1, slave0=NEAR)),
        (database_checks.commits_to_a_standby, database(**STANDBY)._replace(replicas_required=1)),
    ],
)
def test_a_check_is_content_with_what_is_required(check: Check, facts: object) -> None:
    assert check(facts).status is Status.OK


def test_every_check_has_a_fault_and_a_meaning() -> None:
    checks = [check for group in GROUPS for check in group.checks]
    assert len(checks) >= 25
    assert {check for check, _, _ in FAULTS} == set(map(inspect.unwrap, checks))
    assert all(check.__doc__ for check in checks)
