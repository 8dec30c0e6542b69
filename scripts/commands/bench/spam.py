"""`spam`: what spam scores and attribution cost, by processor time, beside leads without either.

The web process takes leads that tell where they come from, and leads of the same size that do not.
A capture worker's steps, in this process, record the captures of both kinds with their scores and
without; PostgreSQL's time counts there. Sides take turns, in alternating order.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from app.domain.capture.capture import Capture
from app.domain.times import now
from app.storage.capture.captures import decode_captures
from app.storage.database import Database, drop_connection, open_database, transaction
from app.storage.recording import record
from scripts.commands.bench.dataset import fresh_captures, subscribe
from scripts.commands.bench.figures import at_most
from scripts.commands.bench.lead import PLAIN, TOLD
from scripts.commands.bench.outcome import Effort, Outcome, Row, Say, compared
from scripts.commands.bench.testbed import Testbed
from scripts.system.processes import usage_of
from workers.spam import SpamFilter

#: Of one side's turn: requests, and captures.
REQUESTS, CAPTURES = 10_000, 10_000
#: Captures of a job and of a transaction.
JOB, BATCH = 20, 500
_MESSAGE = "We are a bakery with 12 people and would like to see a demo. Could you call on Monday? "


def measure(effort: Effort, say: Say) -> Outcome:
    """Alternate between the sides."""
    with Testbed() as testbed:
        ingest = _ingest(testbed, effort, say)
        testbed.stop("web")
        testbed.redis.flushall()
        subscribe(testbed.database_url, testbed.secret_key, "http://127.0.0.1:9/")
        scores, attribution = _record(testbed, effort, say)
    return Outcome([ingest, scores, attribution])


def _ingest(testbed: Testbed, effort: Effort, say: Say) -> Row:
    testbed.start("web")
    pid = testbed.pids()["web"]
    used: dict[bool, list[float]] = {True: [], False: []}
    for number, told in _turns(effort.rounds):
        before = usage_of([pid]).cpu_seconds
        report = testbed.load(requests=effort.count(REQUESTS), seconds=60, told=told)
        used[told].append(1e6 * (usage_of([pid]).cpu_seconds - before) / report.accepted)
        say(f"round {number}: web {used[told][-1]:.1f} µs, {'told' if told else 'plain'}")
    form = "{:.1f} µs"
    return compared("web, of a lead", used[True], "plain", used[False], at_most(1.05), form=form)


def _record(testbed: Testbed, effort: Effort, say: Say) -> tuple[Row, Row]:
    database = open_database(testbed.database_url)
    scored: list[float] = []
    unscored: list[float] = []
    plain: list[float] = []
    sides = ((scored, True, TOLD), (unscored, False, TOLD), (plain, False, PLAIN))
    for number in range(effort.rounds):
        for used, scores, metadata in sides if number % 2 else sides[::-1]:
            jobs = _jobs(database, effort.count(CAPTURES), metadata)
            used.append(_recorded(testbed, database, jobs, SpamFilter() if scores else None))
        say(f"round {number + 1}: {scored[-1]:.1f} µs, {unscored[-1]:.1f}, plain {plain[-1]:.1f}")
    drop_connection(database)
    form, goal = "{:.1f} µs", at_most(1.1)
    return (
        compared("worker, of a capture", scored, "not scored", unscored, goal, form=form),
        compared("worker, of one not scored", unscored, "plain", plain, form=form),
    )


def _turns(rounds: int) -> Iterator[tuple[int, bool]]:
    for number in range(rounds):
        yield from ((number + 1, told) for told in ((True, False), (False, True))[number % 2])


def _jobs(database: Database, count: int, metadata: dict[str, str]) -> list[bytes]:
    """Jobs as the ingress makes them; each capture from one of many clients, with a message."""
    with transaction(database) as cursor:
        captures = fresh_captures(cursor, count)
    for number, capture in enumerate(captures):
        capture.metadata = {**metadata, "message": f"{_MESSAGE}{number}"}
        capture.client_address = f"{20 + number % 80}.{number // 80 % 250}.{number % 250}.7"
    return [msgspec.json.encode(captures[at : at + JOB]) for at in range(0, count, JOB)]


def _recorded(
    testbed: Testbed, database: Database, jobs: Iterable[bytes], spam: SpamFilter | None
) -> float:
    """Record as a capture worker does; processor time with PostgreSQL's, µs for each capture."""
    began_at, count = _cpu_seconds(testbed), 0
    waiting: list[Capture] = []
    for job in jobs:
        waiting += decode_captures(msgspec.Raw(job))
        if len(waiting) >= BATCH:
            count += _record_batch(database, waiting, spam)
            waiting = []
    return 1e6 * (_cpu_seconds(testbed) - began_at) / count


def _cpu_seconds(testbed: Testbed) -> float:
    return time.process_time() + usage_of([testbed.pids()["postgres"]]).cpu_seconds


def _record_batch(database: Database, captures: Sequence[Capture], spam: SpamFilter | None) -> int:
    if spam is not None:
        spam.score(captures)
    with transaction(database) as cursor:
        return record(cursor, captures, now()).captures
