"""Metrics of a running system: every role serves them, by the conventions, few and fast."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from functools import partial

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from app.metrics.exposition import PORT_OF_ROLE
from scripts.client import Rex
from scripts.receiver import Receiver
from scripts.system.ports import free_ports
from scripts.system.processes import send
from scripts.system.whole import WholeSystem
from tests.flow.systems import query as rows
from tests.flow.systems import running_system, webhook_to
from tests.waiting import eventually

FAMILIES_MAX = 25
SERIES_MAX = 2_000
#: Tens of times what it takes.
SCRAPE_SECONDS_MAX = 0.2
ROLES = tuple(PORT_OF_ROLE)


@pytest.fixture(scope="module", params=[pytest.param("1", marks=pytest.mark.all_only), "2"])
def system(request: pytest.FixtureRequest) -> Iterator[WholeSystem]:
    """A system with so many processes of each role, which has delivered a lead."""
    count = str(request.param)
    settings = {"WEB_CONCURRENCY": count, "WORKER_PROCESSES": count}
    with running_system(**settings, METRICS_PORT=str(free_ports(len(ROLES)))) as system:
        rex = Rex(system.base_url, system.api_key)
        with Receiver() as receiver, webhook_to(rex, receiver.url):
            assert rex.request("POST", "/capture", {"email": "ada@example.com"})[0] == 202
            assert rex.request("POST", "/capture", {"email": "no address"})[0] == 422
            receiver.wait_for(lambda received: len(received) == 1, 30)
        yield system


def scrape(system: WholeSystem, role: str) -> str:
    port = system.settings.metrics_port + PORT_OF_ROLE[role]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())


def families(system: WholeSystem, role: str) -> dict[str, Metric]:
    return {each.name: each for each in text_string_to_metric_families(scrape(system, role))}


def value(system: WholeSystem, scraped: str, name: str, **labels: str) -> float | None:
    """A sample's value; None: there is none."""
    for family in families(system, scraped).values():
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return None


def is_value(system: WholeSystem, expected: float, scraped: str, name: str, **labels: str) -> bool:
    return value(system, scraped, name, **labels) == expected


@pytest.mark.parametrize("role", ROLES)
def test_every_role_passes_prometheus_own_lint(system: WholeSystem, role: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    done = subprocess.run(
        [promtool, "check", "metrics"],
        input=scrape(system, role),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_there_are_few_families_and_series_and_a_scrape_takes_milliseconds(
    system: WholeSystem,
) -> None:
    found = {role: families(system, role) for role in ROLES}
    names = {name for each in found.values() for name in each}
    assert len(names) <= FAMILIES_MAX, sorted(names)
    assert all(name.startswith("rex_") for name in names)
    for role, each in found.items():
        assert sum(len(family.samples) for family in each.values()) < SERIES_MAX / 4
        took = []
        for _ in range(5):
            began_at = time.perf_counter()
            scrape(system, role)
            took.append(time.perf_counter() - began_at)
        assert min(took) < SCRAPE_SECONDS_MAX, role


@pytest.mark.parametrize(
    ("role", "name", "labels", "expected"),
    [
        ("web", "rex_captures_accepted_total", {"store": "queue"}, 1),
        ("web", "rex_captures_refused_total", {"reason": "validation_failed"}, 1),
        ("captures", "rex_captures_recorded_total", {"outcome": "recorded"}, 1),
        ("captures", "rex_captures_recorded_total", {"outcome": "rejected"}, 1),
        ("captures", "rex_capture_record_delay_seconds_count", {}, 2),
        ("captures", "rex_jobs_total", {"queue": "captures", "outcome": "done"}, 2),
        ("deliveries", "rex_attempts_total", {"outcome": "succeeded", "status": "2xx"}, 1),
        ("deliveries", "rex_delivery_delay_seconds_count", {}, 1),
        ("scheduler", "rex_queue_jobs", {"queue": "captures", "state": "waiting"}, 0),
        ("scheduler", "rex_oldest_waiting_seconds", {"kind": "capture"}, 0),
        ("scheduler", "rex_oldest_waiting_seconds", {"kind": "first_attempt"}, 0),
        ("scheduler", "rex_server_ok", {"server": "redis", "check": "durable"}, 1),
        ("scheduler", "rex_server_ok", {"server": "redis", "check": "replicated"}, 1),
        ("scheduler", "rex_server_ok", {"server": "postgresql", "check": "writable"}, 1),
        ("scheduler", "rex_processes", {"role": "scheduler"}, 1),
    ],
)
def test_what_happened_to_a_lead_is_counted_once(
    system: WholeSystem, role: str, name: str, labels: dict[str, str], expected: int
) -> None:
    eventually(lambda: value(system, role, name, **labels) == expected, 60)


def test_every_process_is_counted_and_one_that_dies_takes_its_gauges_along(
    system: WholeSystem,
) -> None:
    count = system.settings.worker_processes
    slots = count * system.settings.worker_threads
    for role in ("captures", "deliveries"):
        eventually(partial(is_value, system, count, "scheduler", "rex_processes", role=role), 60)
    eventually(lambda: value(system, "deliveries", "rex_slots", state="total") == slots, 60)
    if count == 1:  # nobody but itself would tell
        return
    eventually(lambda: len(delivering(system)) == count, 60)
    before = delivering(system)
    send([min(before)], signal.SIGKILL)
    eventually(lambda: len(delivering(system)) == count and delivering(system) != before, 60)
    eventually(lambda: value(system, "deliveries", "rex_slots", state="total") == slots, 60)
    attempts = {"outcome": "succeeded", "status": "2xx"}
    assert value(system, "deliveries", "rex_attempts_total", **attempts) == 1


def delivering(system: WholeSystem) -> set[int]:
    """The pids of delivery processes that have reported themselves lately."""
    query = "SELECT report->>'pid' FROM processes WHERE report->>'role' = 'deliveries'"
    recent = f"{query} AND reported_at > now() - interval '6 s'"
    return {int(pid) for (pid,) in rows(system, recent)}
