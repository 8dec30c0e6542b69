"""One run: a system under load is broken on schedule, heals, settles, and is examined."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from scripts.client import Rex
from scripts.commands.chaos import api_checks, database_checks
from scripts.commands.chaos.client_process import Orders
from scripts.commands.chaos.faults import Disturbance, FaultInjector
from scripts.commands.chaos.findings import Findings, Kind
from scripts.commands.chaos.helper import HelperProcess
from scripts.commands.chaos.journal import Post, Reader, Reception
from scripts.commands.chaos.pending import PendingWork
from scripts.commands.chaos.receivers import EVERYBODY, HEALING
from scripts.commands.chaos.recovery import (
    RECOVERY_SECONDS,
    SILENCE_SECONDS,
    Recovery,
    longest_silence,
    recoveries,
)
from scripts.commands.chaos.schedule import Fault
from scripts.commands.chaos.system import Log, chaos_system, subscribe, wait_until_ready
from scripts.system.whole import WholeSystem

#: When nothing was finished for so long after everything was healed, the rest is stuck. A killed
#: worker's jobs come back after 20 s at most, its deliveries when their leases end, after 17 s.
STUCK_SECONDS = 40.0
#: The load goes on for so long after the last fault.
AFTERMATH_SECONDS = 2.0


class Load(NamedTuple):
    """How hard the clients press; seconds count from the start."""

    rate: float = 30.0
    clients: int = 12
    begins_seconds: float = 0.0
    most: int = 10_000_000


class Options(NamedTuple):
    """What a run is made of."""

    seed: int
    seconds: float
    schedule: Sequence[Fault]
    load: Load = Load()
    receivers: frozenset[str] = EVERYBODY
    log: Path | None = None


@dataclass
class Outcome:
    """What came of a run."""

    posts: list[Post]
    receptions: list[Reception]
    disturbances: list[Disturbance]
    recoveries: list[Recovery]
    settle_seconds: float
    #: What the rest say: timing and leftovers, PostgreSQL, the outside.
    progress: Findings
    inside: Findings
    outside: Findings

    @property
    def findings(self) -> tuple[Findings, ...]:
        return self.progress, self.inside, self.outside

    @property
    def is_clean(self) -> bool:
        return not any(each.violations for each in self.findings)

    def count(self, kind: Kind) -> int:
        """How many ids break promises in this way."""
        return sum(each.count(kind) for each in self.findings)


class Watch(NamedTuple):
    """The journals, and what to do with a line about them."""

    posts: Reader[Post]
    receptions: Reader[Reception]
    say: Callable[[str], None]
    progress: Callable[[str], None]


def run(options: Options, say: Callable[[str], None], progress: Callable[[str], None]) -> Outcome:
    """Breaks a system of its own. `say` takes events, `progress` a line about once a second."""
    log = Log(options.log)
    with tempfile.TemporaryDirectory(prefix="rex-chaos-") as name:
        folder = Path(name)
        watch = Watch(
            Reader(folder / "posts", Post), Reader(folder / "receptions", Reception), say, progress
        )
        with (
            HelperProcess(
                "scripts.commands.chaos.receiver_process", folder / "receptions"
            ) as receivers,
            HelperProcess("scripts.commands.chaos.client_process", folder / "posts") as clients,
            chaos_system(log) as system,
        ):
            ports = receivers.receive()
            rex = Rex(system.base_url, system.api_key)
            webhooks = subscribe(rex, {name: ports[name] for name in options.receivers})
            receivers.send({"secrets": {name: made["secret"] for name, made in webhooks.items()}})
            disturbances = _disturb(system, clients, options, watch)
            say("The load has ended and the receivers heal.")
            receivers.send({"heal": True})
            return _examine(system, rex, webhooks, disturbances, watch, log)


def _disturb(
    system: WholeSystem, clients: HelperProcess, options: Options, watch: Watch
) -> list[Disturbance]:
    started = time.monotonic()
    clients.send(msgspec.to_builtins(_orders(system, options, started)))
    injector = FaultInjector(system, options.seed, watch.say)
    stopping = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        breaking = pool.submit(injector.follow, options.schedule, started, stopping)
        try:
            _watch_until_done(breaking, clients, watch, started)
        finally:
            stopping.set()
        return breaking.result()


def _orders(system: WholeSystem, options: Options, started: float) -> Orders:
    load = options.load
    return Orders(
        base_url=system.base_url,
        api_key=system.api_key or "",
        seed=options.seed,
        rate=load.rate,
        clients=load.clients,
        begins=started + load.begins_seconds,
        until=started + options.seconds + AFTERMATH_SECONDS,
        most=load.most,
    )


def _watch_until_done(
    breaking: Future[list[Disturbance]], clients: HelperProcess, watch: Watch, started: float
) -> None:
    while not (breaking.done() and clients.has_ended):
        if breaking.done():
            breaking.result()  # a fault that could not be done ends the run
        time.sleep(1.0)
        posts, receptions = watch.posts.refresh(), watch.receptions.refresh()
        watch.progress(
            f"{time.monotonic() - started:5.0f} s  accepted {sum(p.accepted for p in posts)}"
            f"  refused {sum(p.refused for p in posts)}"
            f"  unanswered {sum(p.status is None for p in posts)}"
            f"  deliveries taken {sum(r.taken for r in receptions)}"
        )


def _examine(
    system: WholeSystem,
    rex: Rex,
    webhooks: Mapping[str, Mapping[str, str]],
    disturbances: list[Disturbance],
    watch: Watch,
    log: Log,
) -> Outcome:
    ended = time.monotonic()
    dead = [webhooks[name]["id"] for name in (EVERYBODY - HEALING) & set(webhooks)]
    pending = PendingWork(system.settings.database_url, system.settings.redis_url, dead)
    settle_seconds, left = pending.wait_until_none(STUCK_SECONDS, watch.progress)
    until = time.monotonic()
    wait_until_ready(system)
    posts, receptions = watch.posts.refresh(), watch.receptions.refresh()
    arrivals = sorted(each.at for each in receptions)
    found = recoveries(disturbances, arrivals, until)
    while_loaded = [at for at in arrivals if at < ended]
    silence = longest_silence(disturbances, while_loaded)
    evidence = api_checks.gather(rex, posts, receptions)
    return Outcome(
        posts,
        receptions,
        disturbances,
        found,
        settle_seconds,
        _check_progress(left, found, silence, log),
        database_checks.examine(system.settings.database_url, posts, receptions),
        api_checks.judge(evidence, HEALING & set(webhooks)),
    )


def _check_progress(left: list[str], found: list[Recovery], silence: float, log: Log) -> Findings:
    findings = Findings()
    findings.figures["longest recovery, seconds"] = round(
        max((each.seconds for each in found), default=0.0), 2
    )
    findings.figures["longest silence, seconds"] = round(silence, 2)
    findings.figures["log lines in the fullest minute"] = log.most_in(60.0)
    findings.expect_none(
        Kind.STUCK, f"not finished, and nothing else was in {STUCK_SECONDS:.0f} s", left
    )
    findings.expect_none(
        Kind.SLOW,
        f"nothing was delivered for more than {SILENCE_SECONDS:.0f} s though something could be",
        [f"{silence:.1f} s"] if silence > SILENCE_SECONDS else [],
    )
    findings.expect_none(
        Kind.SLOW,
        f"no delivery within {RECOVERY_SECONDS:.0f} s of the return",
        (
            f"{each.seconds:.1f} s after {each.fault.verb} {each.fault.target}"
            for each in found
            if each.seconds > RECOVERY_SECONDS
        ),
    )
    return findings
