"""`./scripts/chaos`: a short run on real processes, and proof that it would notice what is broken.

A run that checks nothing would be clean as well, so every rule is shown a violation of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import redis

import scripts.commands.chaos.__main__ as chaos
from app.domain.times import now
from app.queue.jobs import CAPTURES, DELIVERIES, KEYS
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.recording import record
from scripts.commands.chaos import api_checks, database_checks
from scripts.commands.chaos.api_checks import Evidence, StreamEvent
from scripts.commands.chaos.clients import Load
from scripts.commands.chaos.findings import Findings, Kind
from scripts.commands.chaos.injector import Disturbance
from scripts.commands.chaos.journal import Post, Reception
from scripts.commands.chaos.pending import NOTIFICATION_SECONDS, PendingWork
from scripts.commands.chaos.recovery import longest_silence, recoveries
from scripts.commands.chaos.run import Options, Outcome, run
from scripts.commands.chaos.schedule import FAULT_KINDS, Fault, Verb, plan
from tests.factories import make_capture, make_org, make_webhook


# One fault stays in the short run, in test_conservation.py.
@pytest.mark.all_only
def test_a_short_seeded_run_keeps_every_promise() -> None:
    said: list[str] = []
    outcome = run(Options(11, 12.0, plan(11, 12.0), Load(20.0)), said.append, said.append)

    assert [str(each) for found in outcome.findings for each in found.violations] == []
    assert outcome.inside.figures["recorded"] > 100
    assert outcome.inside.figures["delivered"] > 600
    assert len(outcome.disturbances) >= 2


def test_a_seed_determines_its_schedule() -> None:
    assert plan(1, 60.0) == plan(1, 60.0)
    assert plan(1, 60.0) != plan(2, 60.0)


def test_every_fault_ends_in_time_and_every_kind_of_fault_comes() -> None:
    schedule = plan(5, 600.0)

    assert all(fault.at + fault.seconds <= 600.0 for fault in schedule)
    assert {(fault.verb, fault.target) for fault in schedule} == {
        (kind.verb, kind.target) for kind in FAULT_KINDS
    }


# What PostgreSQL shows: a small true history, and what each rule says when it is falsified.


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Three leads of two people, recorded and delivered to one webhook."""
    database = open_database(database_url)
    org = make_org(database)
    make_webhook(database, org)
    leads = [("ada", 1), ("ada", 2), ("grace", 3)]
    captures = [make_capture(org, f"{who}@example.com", metadata={"n": n}) for who, n in leads]
    with transaction(database) as cursor:
        record(cursor, captures, now())
        cursor.execute("UPDATE deliveries SET status = 'succeeded', attempts = 1")
        cursor.execute(
            "INSERT INTO attempts (delivery_id, number, id, started_at, result)"
            " SELECT id, 1, replace(id, 'dlv', 'att'), now(), 'succeeded' FROM deliveries"
        )
    yield database
    drop_connection(database)


def posts_of(database: Database) -> list[Post]:
    """The history as its clients tell it."""
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT id, contact_id, payload->>'email', (payload->'metadata'->>'n')::int"
            " FROM captures ORDER BY id"
        )
        return [
            Post(lead, "capture", email, 0.0, 0.01, 202, True, capture_id, contact_id)
            for capture_id, contact_id, email, lead in cursor.fetchall()
        ]


def test_a_true_history_has_no_violations(database: Database, database_url: str) -> None:
    findings = database_checks.examine(database_url, posts_of(database), [])

    assert findings.violations == []
    assert findings.figures["recorded"] == findings.figures["events"] == 3


@pytest.mark.parametrize(
    ("falsification", "kind", "rule"),
    [
        ("DELETE FROM captures WHERE id IN (SELECT max(id) FROM captures)", Kind.LOST, "a 202"),
        ("UPDATE captures SET status = 'rejected'", Kind.LOST, "set aside"),
        (
            "INSERT INTO unreadable_jobs (queue, payload, reason) VALUES ('captures', '', '')",
            Kind.LOST,
            "set aside",
        ),
        ("DELETE FROM contacts", Kind.LOST, "no contact"),
        (
            "INSERT INTO captures (id, org_id, contact_id, status, payload) SELECT 'cap_x', org_id,"
            " contact_id, status, payload FROM captures LIMIT 1",
            Kind.DUPLICATED,
            "more often than posted",
        ),
        ("UPDATE contacts SET captures_count = 9", Kind.INCONSISTENT, "counts other captures"),
        ("UPDATE events SET sequence = 1", Kind.INCONSISTENT, "numbered from 1"),
        ("""UPDATE contacts SET metadata = '{"n": 1}'""", Kind.INCONSISTENT, "latest capture"),
        ("DELETE FROM events WHERE sequence = 2", Kind.LOST, "fewer events"),
        (
            "INSERT INTO events (id, org_id, type, contact_id, sequence, occurred_at, data) SELECT"
            " 'evt_x', org_id, type, contact_id, 3, now(), data FROM events WHERE sequence = 2",
            Kind.DUPLICATED,
            "more events",
        ),
        ("DELETE FROM deliveries", Kind.LOST, "no delivery"),
        (
            "DROP INDEX deliveries_once; INSERT INTO deliveries (id, org_id, webhook_id, event_id,"
            " event_type, status) SELECT 'dlv_x', org_id, webhook_id, event_id, event_type, status"
            " FROM deliveries LIMIT 1",
            Kind.DUPLICATED,
            "two deliveries",
        ),
        ("UPDATE deliveries SET status = 'failed'", Kind.LOST, "given up"),
        ("UPDATE deliveries SET attempts = 2", Kind.INCONSISTENT, "not all on record"),
        (
            "INSERT INTO attempts (delivery_id, number, id, started_at, result) SELECT id, 2,"
            " replace(id, 'dlv', 'att'), now(), 'succeeded' FROM deliveries",
            Kind.INCONSISTENT,
            "went on after it",
        ),
        ("UPDATE attempts SET result = 'retry'", Kind.INCONSISTENT, "without an attempt that did"),
    ],
)
def test_each_falsification_of_what_is_stored_is_found(
    database: Database, database_url: str, falsification: str, kind: Kind, rule: str
) -> None:
    posts = posts_of(database)
    with transaction(database) as cursor:
        cursor.execute(falsification)

    assert_found(database_checks.examine(database_url, posts, []), kind, rule)


def test_a_delivery_that_was_taken_again_after_its_success_is_found(
    database: Database, database_url: str
) -> None:
    with transaction(database) as cursor:
        cursor.execute("SELECT id, event_id FROM deliveries ORDER BY id LIMIT 1")
        ((delivery_id, event_id),) = cursor.fetchall()
    twice = [reception("healthy", event_id, delivery_id, number) for number in (1, 2)]

    findings = database_checks.examine(database_url, posts_of(database), twice)

    assert_found(findings, Kind.DUPLICATED, "on record as taken")


def test_a_delivery_that_was_taken_again_because_its_worker_died_is_only_counted(
    database: Database, database_url: str
) -> None:
    with transaction(database) as cursor:
        cursor.execute("SELECT id, event_id FROM deliveries ORDER BY id LIMIT 1")
        ((delivery_id, event_id),) = cursor.fetchall()
        cursor.execute("UPDATE deliveries SET attempts = 2 WHERE id = %s", (delivery_id,))
        cursor.execute(
            "INSERT INTO attempts (delivery_id, number, id, started_at, result)"
            " VALUES (%s, 2, 'att_x', now(), 'succeeded')",
            (delivery_id,),
        )
        cursor.execute(
            "UPDATE attempts SET result = 'lost' WHERE delivery_id = %s AND number = 1",
            (delivery_id,),
        )
    twice = [reception("healthy", event_id, delivery_id, number) for number in (1, 2)]

    findings = database_checks.examine(database_url, posts_of(database), twice)

    assert findings.violations == []
    assert findings.figures["repeated at receivers"] == 1


# What is pending: everything that is not finished.


@pytest.mark.parametrize(
    ("leftover", "left"),
    [
        ("UPDATE deliveries SET status = 'pending', next_attempt_at = now()", 3),
        ("UPDATE deliveries SET status = 'attempting', leased_until = now()", 3),
        ("INSERT INTO inbox (captures) VALUES ('[]')", 1),
    ],
)
def test_what_is_not_finished_is_pending(
    database: Database, database_url: str, redis_url: str, leftover: str, left: int
) -> None:
    pending = PendingWork(database_url, redis_url, dead=[])
    assert pending.find() == []
    with transaction(database) as cursor:
        cursor.execute(leftover)

    assert len(pending.wait_until_none(still_seconds=0.0)[1]) == left


def test_deliveries_to_the_dead_are_pending_only_when_they_would_never_be_looked_at_again(
    database: Database, database_url: str, redis_url: str
) -> None:
    with transaction(database) as cursor:
        cursor.execute("SELECT id FROM webhooks")
        dead = [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE deliveries SET status = 'pending', next_attempt_at = now()")
    pending = PendingWork(database_url, redis_url, dead)
    assert pending.find() == []

    with transaction(database) as cursor:
        cursor.execute("UPDATE deliveries SET next_attempt_at = NULL")
    assert len(pending.find()) == 3


def test_a_capture_in_the_queue_and_a_forgotten_notification_are_pending(
    database_url: str, redis_url: str
) -> None:
    forgotten = int((time.time() - NOTIFICATION_SECONDS - 1) * 1000)
    with closing(redis.Redis.from_url(redis_url)) as client:
        client.xadd(KEYS.stream(CAPTURES), {"job": "{}"}, "1-1")
        client.xadd(KEYS.dead_letters(CAPTURES), {"job": "{}"}, "2-2")
        client.xadd(KEYS.stream(DELIVERIES), {"job": "{}"}, f"{forgotten}-3")
        client.xadd(KEYS.stream(DELIVERIES), {"job": "{}"}, f"{int(time.time() * 1000)}-4")
        left = PendingWork(database_url, redis_url, dead=[]).find()
        client.flushall()  # other tests read what is in the queue

    assert [job[-1] for job in left] == ["1", "2", "3"]


# What the outside shows.


def reception(
    receiver: str, event_id: str, delivery_id: str, attempt: int = 1, status: int | None = 200
) -> Reception:
    return Reception(receiver, event_id, delivery_id, attempt, 0, status, True)


def true_evidence() -> Evidence:
    """Two captures of one contact, each with an event that one receiver took."""
    posts = [
        Post(n, "capture", "ada@example.com", 0.0, 0.01, 202, True, f"cap_{n}", "cont_1")
        for n in (1, 2)
    ]
    events = [StreamEvent(f"evt_{n}", "cont_1", n) for n in (1, 2)]
    receptions = [reception("healthy", f"evt_{n}", f"dlv_{n}") for n in (1, 2)]
    return Evidence(posts, receptions, events, {"cont_1": ["cap_1", "cap_2"]})


def test_true_evidence_has_no_violations() -> None:
    assert api_checks.judge(true_evidence(), ["healthy"]).violations == []


@pytest.mark.parametrize(
    ("falsify", "kind", "rule"),
    [
        (lambda e: e._replace(captures={"cont_1": ["cap_1"]}), Kind.LOST, "a 202"),
        (
            lambda e: e._replace(captures={"cont_1": ["cap_1", "cap_2", "cap_2"]}),
            Kind.DUPLICATED,
            "listed twice",
        ),
        (lambda e: e._replace(events=e.events[:1]), Kind.LOST, "fewer events"),
        (
            lambda e: e._replace(events=[*e.events, StreamEvent("evt_3", "cont_1", 3)]),
            Kind.DUPLICATED,
            "more events",
        ),
        (
            lambda e: e._replace(events=[*e.events, e.events[1]]),
            Kind.DUPLICATED,
            "twice in the stream",
        ),
        (lambda e: e._replace(events=e.events[::-1]), Kind.INCONSISTENT, "as 1, 2, 3"),
        (lambda e: e._replace(receptions=e.receptions[:1]), Kind.LOST, "never took"),
        (
            lambda e: e._replace(receptions=[reception("healthy", "evt_2", "dlv_2", 1, 500)]),
            Kind.LOST,
            "never took",
        ),
        (
            lambda e: e._replace(receptions=[*e.receptions, reception("healthy", "evt_9", "d")]),
            Kind.INCONSISTENT,
            "not there",
        ),
        (
            lambda e: e._replace(receptions=[*e.receptions, e.receptions[0]]),
            Kind.DUPLICATED,
            "though it was answered",
        ),
    ],
)
def test_each_falsification_of_the_evidence_is_found(
    falsify: Callable[[Evidence], Evidence], kind: Kind, rule: str
) -> None:
    assert_found(api_checks.judge(falsify(true_evidence()), ["healthy"]), kind, rule)


def test_a_signature_that_does_not_verify_is_found() -> None:
    evidence = true_evidence()
    evidence.receptions[0].verified = False

    assert_found(api_checks.judge(evidence, ["healthy"]), Kind.INCONSISTENT, "verify")


# How long the line stood still.


def disturbance(verb: Verb, target: str, began: float, returned: float) -> Disturbance:
    return Disturbance(Fault(began, verb, target, returned - began), began, returned)


VALKEY = disturbance(Verb.KILL, "valkey", 10.0, 14.0)
POSTGRES = disturbance(Verb.FREEZE, "postgres", 13.0, 20.0)
FROZEN_WORKER = disturbance(Verb.FREEZE, "deliveries worker", 10.0, 40.0)


@pytest.mark.parametrize(
    ("disturbances", "arrivals", "seconds"),
    [
        ([VALKEY], [5.0, 12.0, 15.5], [1.5]),
        ([VALKEY], [5.0], [86.0]),
        ([VALKEY, POSTGRES], [5.0, 15.0, 23.0], [3.0]),
        ([VALKEY, POSTGRES._replace(began=16.0)], [5.0, 23.0], [3.0]),
        ([FROZEN_WORKER], [5.0, 50.0], []),
    ],
)
def test_recovery_is_the_time_from_the_last_return_to_the_next_delivery(
    disturbances: list[Disturbance], arrivals: list[float], seconds: list[float]
) -> None:
    found = recoveries(disturbances, arrivals, until=100.0)

    assert [each.seconds for each in found] == seconds


@pytest.mark.parametrize(
    ("disturbances", "arrivals", "seconds"),
    [
        ([], [1.0, 2.0, 5.0], 3.0),
        ([VALKEY], [9.0, 15.0], 1.0),
        ([VALKEY], [9.0, 9.5, 12.0, 15.0], 1.0),
        ([VALKEY], [2.0, 12.0], 8.0),
        ([FROZEN_WORKER], [9.0, 35.0], 26.0),
    ],
)
def test_silence_is_what_no_halt_excuses(
    disturbances: list[Disturbance], arrivals: list[float], seconds: float
) -> None:
    assert longest_silence(disturbances, arrivals) == seconds


def test_a_broken_promise_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = Findings()
    lost.expect_none(Kind.LOST, "a 202 was not recorded", ["cap_1"])
    outcomes = [
        Outcome([], [], [], [], [], 0.0, Findings(), Findings(), Findings()),
        Outcome([], [], [], [], [], 0.0, Findings(), lost, Findings()),
    ]
    monkeypatch.setattr(chaos, "run", lambda *_: outcomes.pop(0))

    assert chaos.main(["--seed", "1", "--seconds", "5"]) == 0
    assert chaos.main(["--seed", "1", "--seconds", "5", "--json"]) == 1
    assert "lost: a 202 was not recorded: cap_1" in capsys.readouterr().out


def assert_found(findings: Findings, kind: Kind, rule: str) -> None:
    found = [(each.kind, each.rule) for each in findings.violations]
    assert any(kind is each and rule in text for each, text in found), found
