"""Both servers of a whole system are lost one after the other: leads go on, with the same URLs."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.client import Rex
from scripts.system.embedded import Embedded
from scripts.system.ports import LOOPBACK
from scripts.system.whole import WholeSystem
from tests.flow.strangers import Stranger
from tests.flow.systems import query, running_system, webhook_to
from tests.sentinel_servers import SentinelServers, sentinel_servers
from tests.standby import Standby, standby_of
from tests.waiting import eventually

PATIENCE_SECONDS = 40.0
#: What was answered so shortly before a server was killed may be on that server alone.
REPLICATED_SECONDS = 1.0


class Servers:
    """Two sets of servers, and a system on them."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.primary = stack.enter_context(Embedded(valkey=False, fsync=False))
        self.standby: Standby = stack.enter_context(standby_of(self.primary.postgres))
        self.sentinels: SentinelServers = stack.enter_context(sentinel_servers(folder))
        urls = {"DATABASE_URL": self.standby.both, "REDIS_URL": self.sentinels.url}
        self.system: WholeSystem = stack.enter_context(running_system(**urls))
        self.rex = Rex(self.system.base_url, self.system.api_key)

    def kill_redis(self) -> None:
        before = self.sentinels.primary
        self.sentinels.kill(before)
        eventually(lambda: self.sentinels.primary != before, PATIENCE_SECONDS)

    def kill_postgresql(self) -> None:
        self.primary.postgres.kill()
        self.standby.promote()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack, tmp_path)


class Leads:
    """Posts a lead every 50 ms; remembers when each was accepted."""

    def __init__(self, rex: Rex) -> None:
        self.accepted: dict[str, float] = {}
        self.refused: list[int] = []
        self._rex = rex
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Leads:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stopping.wait(0.05):
            number += 1
            email = f"lead-{number}@example.com"
            status, _ = self._rex.capture(email=email)
            if status == 202:
                self.accepted[email] = time.monotonic()
            else:
                self.refused.append(status)


def seconds_to_delivery(leads: Leads, stranger: Stranger, moment: float) -> float:
    """Wait until a lead that was accepted after a moment is delivered; how long after it."""

    def found() -> list[float]:
        late = {email for email, at in list(leads.accepted.items()) if at > moment}
        return [
            each.at - moment for each in stranger.accepted if each.event["data"]["email"] in late
        ]

    eventually(lambda: bool(found()), PATIENCE_SECONDS)
    return min(found())


@pytest.mark.all_only
def test_leads_are_recorded_and_delivered_whichever_server_is_lost(servers: Servers) -> None:
    rex, system = servers.rex, servers.system
    losses: list[tuple[float, float]] = []
    with Stranger() as stranger, webhook_to(rex, stranger.url):
        with Leads(rex) as leads:
            seconds_to_delivery(leads, stranger, 0.0)
            for kill in (servers.kill_redis, servers.kill_postgresql):
                before = len(leads.accepted)
                eventually(lambda before=before: len(leads.accepted) > before + 40, 30)  # type: ignore[misc]
                began = time.monotonic()
                kill()
                losses.append((began, time.monotonic()))
                took = seconds_to_delivery(leads, stranger, losses[-1][1])
                print(
                    f"{kill.__name__}: promoted after {losses[-1][1] - began:.1f} s,"
                    f" the next lead delivered {took:.2f} s later"
                )
        certain = {
            email
            for email, at in leads.accepted.items()
            if not any(began - REPLICATED_SECONDS < at < over for began, over in losses)
        }

        def recorded() -> set[str]:
            return {email for (email,) in query(system, "SELECT email FROM contacts")}

        eventually(lambda: certain <= recorded(), PATIENCE_SECONDS)
        stored = recorded()
        eventually(
            lambda: {e.event["data"]["email"] for e in stranger.accepted} >= certain,
            PATIENCE_SECONDS,
        )
    moments = list(leads.accepted.values())
    pause = max(b - a for a, b in itertools.pairwise(moments))
    print(
        f"{len(moments)} accepted, {len(leads.refused)} refused, longest pause {pause:.2f} s,"
        f" {len(leads.accepted.keys() - stored)} accepted and not recorded"
    )
    assert rex.request("GET", "/readyz")[1]["servers"] == {
        "queue": f"{LOOPBACK}:{servers.sentinels.primary}",
        "database": servers.standby.url.rpartition("@")[2].partition("/")[0],
    }
    assert leads.refused == []
