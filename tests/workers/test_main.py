"""The worker processes as an operator starts and stops them."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
import redis

from app.queue.broker import StreamsBroker
from app.queue.jobs import CAPTURES, DELIVERIES, KEYS, RECORD_CAPTURES, encode_job
from app.storage.capture import fallback
from app.storage.database import Database, open_database, transaction
from config.settings import EXIT_CONFIGURATION, BadSetting
from tests.factories import make_capture, make_org
from tests.waiting import eventually
from workers.actors import load_middleware

ROOT = Path(__file__).parents[2]
Start = Callable[..., "subprocess.Popen[bytes]"]


#: Prints how many attempts and idle connections there is room for, by the limit of descriptors.
_DESCRIPTORS = """
import resource, sys
from workers.actors import share_descriptors

limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit, 256), limit))
print(*share_descriptors(1000))
"""


@pytest.mark.parametrize(
    ("limit", "attempts", "idle"),
    [
        pytest.param(10_000, 1000, 1000, marks=pytest.mark.all_only),
        (1024, 618, 206),
        pytest.param(512, 234, 78, marks=pytest.mark.all_only),
    ],
)
def test_a_delivery_process_fits_into_the_descriptors_that_it_may_have(
    limit: int, attempts: int, idle: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _DESCRIPTORS, str(limit)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split() == [str(attempts), str(idle)], done.stderr


@pytest.fixture
def broker(redis_url: str) -> Iterator[StreamsBroker]:
    broker = StreamsBroker(redis_url)
    yield broker
    broker.close()


@pytest.fixture
def start(database_url: str, redis_url: str) -> Iterator[Start]:
    """Starts a command in a process group of its own; kills the group at the end."""
    secret = base64.b64encode(b"k" * 32).decode()
    environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": secret}
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str, **settings: str) -> subprocess.Popen[bytes]:
        given = {**os.environ, "PYTHONPATH": str(ROOT), **environ, **settings}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=given, start_new_session=True
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


@contextmanager
def captures_held(database: Database) -> Iterator[None]:
    """Nobody can record until the end of this block."""
    other = open_database(str(database.database))
    with transaction(other) as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("LOCK TABLE captures IN EXCLUSIVE MODE")
        yield
    other.close()


def recorded(database: Database) -> int:
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM captures WHERE status = 'recorded'")
        (count,) = cursor.fetchone() or (0,)
        return int(count)


def is_held_up(database: Database) -> bool:
    """Whether a transaction waits for the table: its job has begun."""
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'captures'::regclass"
        )
        return cursor.fetchone() != (0,)


def send(broker: StreamsBroker, database: Database, count: int) -> None:
    org = make_org(database)
    captures = [make_capture(org, f"p{number}@example.com") for number in range(count)]
    broker.enqueue_many(CAPTURES, [encode_job(RECORD_CAPTURES, [[each]]) for each in captures])


@pytest.mark.parametrize(
    ("processes", "whom"),
    [
        pytest.param("1", "the group, twice", marks=pytest.mark.all_only),
        ("2", "the group, twice"),
        pytest.param("2", "the first process", marks=pytest.mark.all_only),
    ],
)
def test_whoever_gets_sigterm_running_jobs_finish_and_the_status_is_0(
    start: Start, broker: StreamsBroker, database: Database, processes: str, whom: str
) -> None:
    process = start("workers.main", "captures", WORKER_PROCESSES=processes)
    beats = broker.policy.keys.heartbeats(CAPTURES)
    eventually(lambda: broker.client.hlen(beats) == int(processes))
    with captures_held(database):
        send(broker, database, 3)
        eventually(lambda: is_held_up(database) and broker.depth(CAPTURES).in_flight == 3)
        kill = os.kill if whom == "the first process" else os.killpg
        for _ in range(2 if "twice" in whom else 1):
            kill(process.pid, signal.SIGTERM)
        # What has not begun goes back at once; what runs is waited for.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        running = broker.depth(CAPTURES).in_flight
        assert running > 0
    assert process.wait(60) == 0
    assert recorded(database) == running
    assert broker.depth(CAPTURES) == (3 - running, 0, 0, 0)


def test_a_killed_process_of_several_is_replaced(
    start: Start, broker: StreamsBroker, database: Database
) -> None:
    process = start("workers.main", "captures", WORKER_PROCESSES="2")
    beats = broker.policy.keys.heartbeats(CAPTURES)

    def pids() -> set[int]:
        names = broker.client.hkeys(beats)
        return {int(name.split(b"-")[-2]) for name in names}  # type: ignore[arg-type]

    eventually(lambda: len(pids()) == 2)
    before = pids()
    victim = before.pop()
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: len(pids() - {victim} - before) == 1)
    send(broker, database, 5)
    eventually(lambda: recorded(database) == 5)
    process.terminate()
    assert process.wait(60) == 0


def test_dramatiq_s_own_command_line_runs_a_role(
    start: Start, broker: StreamsBroker, database: Database
) -> None:
    process = start("dramatiq", "workers.actors:record", "-p", "1", "-t", "2")
    send(broker, database, 5)
    eventually(lambda: recorded(database) == 5)
    process.terminate()
    assert process.wait(60) == 0
    assert broker.depth(CAPTURES).unfinished == 0


@pytest.mark.parametrize("processes", [pytest.param("1", marks=pytest.mark.all_only), "2"])
def test_idle_delivery_processes_end_on_sigterm(
    start: Start, broker: StreamsBroker, processes: str
) -> None:
    role = start("workers.main", "deliveries", WORKER_PROCESSES=processes)
    eventually(lambda: consumers(broker) == int(processes), seconds=60)
    os.killpg(role.pid, signal.SIGTERM)
    assert role.wait(60) == 0
    assert consumers(broker) == 0


def consumers(broker: StreamsBroker) -> int:
    """Delivery processes that are known to the queue."""
    try:
        groups = broker.client.xinfo_groups(KEYS.stream(DELIVERIES))
    except redis.ResponseError:
        return 0
    return int(groups[0]["consumers"]) if groups else 0


def test_the_scheduler_ends_on_sigterm_to_its_group(start: Start, broker: StreamsBroker) -> None:
    process = start("workers.main", "scheduler")
    eventually(lambda: broker.client.exists(broker.policy.keys.heartbeats(CAPTURES)) == 1)
    for _ in range(3):
        os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0


def test_the_scheduler_finishes_its_step_however_often_it_is_told_to_stop(
    start: Start, broker: StreamsBroker, database: Database
) -> None:
    org = make_org(database)
    process = start("workers.main", "scheduler", SCHEDULER_INTERVAL_SECONDS="0.05")
    eventually(lambda: broker.client.exists(broker.policy.keys.heartbeats(CAPTURES)) == 1)
    other = open_database(str(database.database))
    with transaction(other) as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        eventually(lambda: waits_for_a_lock(database))
        for _ in range(200):
            os.killpg(process.pid, signal.SIGTERM)
            os.killpg(process.pid, signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        fallback.keep(cursor, [msgspec.json.encode(make_capture(org))])
    other.close()
    assert process.wait(60) == 0
    with transaction(database) as cursor:
        cursor.execute("SELECT count(*) FROM events")
        assert cursor.fetchone() == (1,)


def waits_for_a_lock(database: Database) -> bool:
    """Whether a step that moves rows out of the table waits; others only count them."""
    with transaction(database) as cursor:
        cursor.execute(
            "SELECT FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND query LIKE '%inbox%FOR UPDATE%'"
        )
        return cursor.rowcount > 0


def test_middleware_of_one_s_own_is_added_by_a_setting(
    start: Start, broker: StreamsBroker, database: Database, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    (tmp_path / "own_middleware.py").write_text(
        "from dramatiq import Middleware\n"
        "class Journal(Middleware):\n"
        "    def after_process_message(self, broker, message, *, result=None, exception=None):\n"
        f"        open({str(journal)!r}, 'a').write(f'{{message}} {{exception}}\\n')\n"
    )
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    middleware = "own_middleware:Journal, dramatiq.middleware:AgeLimit"
    start("workers.main", "captures", WORKER_MIDDLEWARE=middleware, PYTHONPATH=path)
    send(broker, database, 1)
    eventually(lambda: journal.exists() and journal.read_text().endswith("\n"))
    assert journal.read_text().startswith("record_captures[")
    assert journal.read_text().endswith("] None\n")


@pytest.mark.parametrize(
    "setting",
    [
        "nowhere:Class",
        pytest.param("dramatiq.middleware:Nothing", marks=pytest.mark.all_only),
        pytest.param("no colon", marks=pytest.mark.all_only),
    ],
)
def test_middleware_that_is_not_there_stops_the_start(start: Start, setting: str) -> None:
    for processes in ("1", "2"):
        process = start(
            "workers.main", "captures", WORKER_MIDDLEWARE=setting, WORKER_PROCESSES=processes
        )
        assert process.wait(60) == EXIT_CONFIGURATION


def test_middleware_is_made_from_its_class() -> None:
    (made,) = load_middleware(["dramatiq.middleware:AgeLimit"])
    assert type(made).__name__ == "AgeLimit"
    with pytest.raises(BadSetting, match="nowhere"):
        load_middleware(["nowhere:Class"])
