"""One run: a system under load is broken on schedule, heals, settles, and is examined."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scripts.commands.chaos import api_checks, database_checks
from scripts.commands.chaos.clients import Clients, Load
from scripts.commands.chaos.findings import Findings, Kind
from scripts.commands.chaos.injector import Disturbance
from scripts.commands.chaos.journal import Post, Reception
from scripts.commands.chaos.pending import PendingWork
from scripts.commands.chaos.progress import Say
from scripts.commands.chaos.receivers import BEHAVIOURS, EVERYBODY, HEALING, Receiver
from scripts.commands.chaos.recovery import (
    RECOVERY_SECONDS,
    SILENCE_SECONDS,
    Recovery,
    Standstill,
    longest_silence,
    recoveries,
    standstills,
)
from scripts.commands.chaos.schedule import Fault
from scripts.commands.chaos.system import Log, one_machine, subscribe
from scripts.commands.chaos.target import Target, api_of

#: If nothing finishes for this long after everything healed, the rest is stuck. A killed
#: worker's jobs come back after 20 s at most, its deliveries when their leases end, after 17 s.
STUCK_SECONDS = 40.0
#: The load continues for this long after the last fault.
AFTERMATH_SECONDS = 2.0


class Options(NamedTuple):
    """What a run is made of."""

    seed: int
    seconds: float
    schedule: Sequence[Fault]
    load: Load = Load()
    receivers: frozenset[str] = EVERYBODY
    log: Path | None = None
    #: What is broken, for a with block.
    target: Callable[[Log], AbstractContextManager[Target]] = one_machine


@dataclass
class Outcome:
    """What came of a run."""

    posts: list[Post]
    receptions: list[Reception]
    disturbances: list[Disturbance]
    recoveries: list[Recovery]
    standstills: list[Standstill]
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


class Run:
    """A temporary system, its clients and receivers, and their journals."""

    def __init__(self, options: Options, say: Say, progress: Say) -> None:
        self._options = options
        self._say = say
        self._progress = progress
        self._log = Log(options.log)
        self._posts: list[Post] = []
        self._receptions: list[Reception] = []

    def __call__(self) -> Outcome:
        """Breaks the system, lets it heal, examines it."""
        with ExitStack() as opened:
            target = opened.enter_context(self._options.target(self._log))
            receivers = {
                each.name: opened.enter_context(Receiver(each, self._receptions, target.outside))
                for each in BEHAVIOURS
                if each.name in self._options.receivers
            }
            rex = api_of(target)
            webhooks = subscribe(rex, {name: each.url for name, each in receivers.items()})
            for name, made in webhooks.items():
                receivers[name].secret = made["secret"]
            disturbances = self._disturb(target)
            self._say("The load has ended and the receivers heal.")
            for receiver in receivers.values():
                receiver.is_healed = True
            return self._examine(target, webhooks, disturbances)

    def _disturb(self, target: Target) -> list[Disturbance]:
        options, started, stopping = self._options, time.monotonic(), threading.Event()
        until = started + options.seconds + AFTERMATH_SECONDS
        clients = Clients(target.webs, target.api_key, options.seed, options.load, self._posts)
        injector = target.injector(options.seed, self._say)
        with ThreadPoolExecutor(2) as pool:
            breaking = pool.submit(injector.follow, options.schedule, started, stopping)
            posting = pool.submit(clients.run, started, until, stopping)
            try:
                self._watch_until_done(breaking, posting, started)
            finally:
                stopping.set()
            posting.result()
            return breaking.result()

    def _watch_until_done(
        self, breaking: Future[list[Disturbance]], posting: Future[None], started: float
    ) -> None:
        while not (breaking.done() and posting.done()):
            if breaking.done():
                breaking.result()  # a fault that could not be done ends the run
            time.sleep(1.0)
            posts = self._posts
            self._progress(
                f"{time.monotonic() - started:5.0f} s  accepted {sum(p.accepted for p in posts)}"
                f"  refused {sum(p.refused for p in posts)}"
                f"  unanswered {sum(p.status is None for p in posts)}"
                f"  deliveries taken {sum(r.taken for r in self._receptions)}"
            )

    def _examine(
        self,
        target: Target,
        webhooks: Mapping[str, Mapping[str, str]],
        disturbances: list[Disturbance],
    ) -> Outcome:
        ended = time.monotonic()
        dead = [webhooks[name]["id"] for name in (EVERYBODY - HEALING) & set(webhooks)]
        pending = PendingWork(target.database_url, target.redis_url, dead)
        settle_seconds, left = pending.wait_until_none(STUCK_SECONDS, self._progress)
        until = time.monotonic()
        rex = api_of(target)
        posts, receptions = self._posts, self._receptions
        arrivals = sorted(each.at for each in receptions)
        accepted = sorted(post.at + post.seconds for post in posts if post.accepted)
        found = recoveries(disturbances, arrivals, until)
        silence = longest_silence(disturbances, [at for at in arrivals if at < ended])
        evidence = api_checks.gather(rex, posts, receptions)
        return Outcome(
            posts,
            receptions,
            disturbances,
            found,
            standstills(disturbances, accepted, arrivals),
            settle_seconds,
            _check_progress(left, found, silence, self._log),
            database_checks.examine(target.database_url, posts, receptions),
            api_checks.judge(evidence, HEALING & set(webhooks)),
        )


def run(options: Options, say: Say, progress: Say) -> Outcome:
    """Breaks a temporary system. `say` takes events, `progress` a line about once a second."""
    return Run(options, say, progress)()


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
