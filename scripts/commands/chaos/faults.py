"""What the faults of one machine do."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from scripts.commands.chaos.injector import Break, NeverReturned
from scripts.commands.chaos.schedule import ALL_WORKERS, WORKERS, Fault, Verb
from scripts.commands.queue_state import flush_admission, flush_notifications
from scripts.system import processes
from scripts.system.child import Child
from scripts.system.server import Server
from scripts.system.waiting import wait_until
from scripts.system.whole import WholeSystem

#: A process that was killed and is not back by then never comes back.
RETURN_SECONDS = 60.0
#: The name that PostgreSQL gives the processes of its clients.
_BACKEND_MARK = "rex rex"


class SystemFaults:
    """Breaks a system; each verb returns when everything broken is back."""

    def __init__(self, system: WholeSystem, seed: int) -> None:
        self._system = system
        self._chance = random.Random(f"victims {seed}")
        self.verbs: dict[Verb, Break] = {
            Verb.KILL: self._kill,
            Verb.FREEZE: self._freeze,
            Verb.TERMINATE: self._terminate,
            Verb.RESTART: self._restart,
            Verb.FLUSH: self._flush,
        }

    def _kill(self, fault: Fault) -> None:
        if fault.target in self._servers:
            server = self._servers[fault.target]
            server.kill()
            time.sleep(fault.seconds)
            server.start()
        elif fault.target == "postgres backend":
            self._kill_backend()
        else:
            victim, child = self._victim(fault.target)
            _end(child, victim, signal.SIGKILL)

    def _kill_backend(self) -> None:
        postmaster = _pid_of(self._system.embedded.postgres)
        backends = [
            pid
            for pid in processes.descendants(postmaster)
            if _BACKEND_MARK in processes.command_of(pid)
        ]
        # PostgreSQL then ends every other session as well, and recovers.
        processes.send([self._chance.choice(backends)] if backends else [], signal.SIGKILL)

    def _freeze(self, fault: Fault) -> None:
        if fault.target in self._servers:
            pid = _pid_of(self._servers[fault.target])
        else:
            pid, _ = self._victim(fault.target)
        frozen = [pid, *processes.descendants(pid)]
        processes.send(frozen, signal.SIGSTOP)
        try:
            time.sleep(fault.seconds)
        finally:
            processes.send(frozen, signal.SIGCONT)

    def _terminate(self, fault: Fault) -> None:
        roles = WORKERS if fault.target == ALL_WORKERS else (fault.target,)
        for role in roles:
            child = self._role(role)
            _end(child, _pid_of(child), signal.SIGTERM)

    def _restart(self, fault: Fault) -> None:
        server = self._servers[fault.target]
        server.stop(5.0)
        time.sleep(fault.seconds)
        server.start()

    def _flush(self, fault: Fault) -> None:
        flush = flush_admission if fault.target == "admission" else flush_notifications
        flush(self._system.settings.redis_url)

    @property
    def _servers(self) -> dict[str, Server]:
        return {"valkey": self._system.embedded.valkey, "postgres": self._system.embedded.postgres}

    def _role(self, name: str) -> Child:
        return self._system.processes.children[name]

    def _victim(self, target: str) -> tuple[int, Child]:
        """The process to hit, and the one that the supervisor watches."""
        role, _, part = target.partition(" ")
        child = self._role(role)
        pid = _pid_of(child)
        if not part:
            return pid, child
        workers = [
            each
            for each in processes.descendants(pid)
            if "resource_tracker" not in processes.command_of(each)
        ]
        return (self._chance.choice(workers) if workers else pid), child


def _end(child: Child, victim: int, number: signal.Signals) -> None:
    """Ends a process and waits until as many as before run below its supervisor again."""
    before = _living(child)
    processes.send([victim], number)
    _wait_until(lambda: victim not in _living(child) and len(_living(child)) >= len(before), child)


def _living(child: Child) -> list[int]:
    pid = child.pid
    return [pid, *processes.descendants(pid)] if pid else []


def _pid_of(child: Child) -> int:
    """The pid of a process that runs, or is about to. Never 0, which would mean all of us."""
    while (pid := child.pid) is None:
        _wait_until(lambda: child.pid is not None, child)
    return pid


def _wait_until(condition: Callable[[], bool], child: Child) -> None:
    if not wait_until(condition, RETURN_SECONDS):
        raise NeverReturned(f"{child.name} was not started again in {RETURN_SECONDS:.0f} s")
