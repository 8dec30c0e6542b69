"""A real Prometheus has data for every panel of the board while a system is at work."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.metrics.exposition import PORT_OF_ROLE
from scripts.client import Rex
from scripts.commands.chaos.prometheus import Prometheus
from scripts.receiver import Receiver
from scripts.system.ports import free_ports
from scripts.system.whole import WholeSystem
from tests.flow.systems import running_system, webhook_to
from tests.waiting import eventually

pytestmark = pytest.mark.all_only

BOARD = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "rex.json"
#: So few attempts at once, each of which takes so long to the slow receiver, that others wait.
SLOTS = "2"
LATE_SECONDS = 1.0


@pytest.fixture
def system() -> Iterator[WholeSystem]:
    port = free_ports(len(PORT_OF_ROLE))
    with running_system(METRICS_PORT=str(port), WORKER_THREADS=SLOTS) as system:
        yield system


def targets() -> list[tuple[str, str]]:
    """Each panel's title and one of its questions, over the last 10 s."""
    panels = json.loads(BOARD.read_text())["panels"]
    return [
        (panel["title"], target["expr"].replace("$__rate_interval", "10s"))
        for panel in panels
        for target in panel["targets"]
    ]


def has_data(samples: list[dict[str, Any]]) -> bool:
    """Whether there is a number: what is divided by nothing, or a quantile of nothing, is NaN."""
    return any(sample["value"][1] != "NaN" for sample in samples)


def test_every_panel_shows_data(system: WholeSystem) -> None:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian: apt install prometheus)")
    rex = Rex(system.base_url, system.api_key)
    first = system.settings.metrics_port
    missing = dict.fromkeys(targets())
    sent, held = 0, threading.Event()

    def answer_late(headers: Mapping[str, str]) -> int:
        held.wait(LATE_SECONDS)
        return 200

    def all_shown() -> bool:
        nonlocal sent
        sent += 1
        assert rex.request("POST", "/capture", {"email": f"lead{sent}@example.com"})[0] == 202
        assert rex.request("POST", "/capture", {"email": "no address"})[0] == 422
        for each in [each for each in missing if has_data(prometheus.query(each[1]))]:
            del missing[each]
        return not missing

    with (
        Receiver() as receiver,
        Receiver(answer_late) as slow,
        webhook_to(rex, receiver.url),
        webhook_to(rex, slow.url),
        Prometheus({role: first + more for role, more in PORT_OF_ROLE.items()}) as prometheus,
    ):
        try:
            eventually(all_shown, 120)
        except AssertionError:
            pytest.fail(f"no data for {list(missing)}")
        finally:
            held.set()
