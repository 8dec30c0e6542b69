"""Hosts as namespaces, each with an address and shared memory of its own, joined by a bridge.

A namespace lives as long as the process that holds it, and takes its links along: nothing remains
on this machine however a run ends.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.system import processes
from scripts.system.child import Child
from scripts.system.waiting import wait_until

_READY_SECONDS = 10.0
#: What nobody has: frames to it reach nobody.
_NOBODY = "02:00:00:00:00:ff"
_SWITCH = "switch"


class Network:
    """Made by `network`. The process of the run has the last address of the same subnet."""

    def __init__(self, run_folder: Path, names: Sequence[str]) -> None:
        net = _free_subnet()
        self.outside = str(net[254])
        self.addresses = {name: str(net[number]) for number, name in enumerate(names, 1)}
        # An address outlives the process that had it, so a neighbour's may not be relearned.
        self._hardware = {name: f"02:00:00:00:00:{n:02x}" for n, name in enumerate(names, 1)}
        self._holders = {name: _holder(name, run_folder) for name in (*names, _SWITCH)}

    def enter(self, name: str) -> list[str]:
        """What to put before a command, so that it runs on this host."""
        place = f"/proc/{self._holders[name].pid}/ns"
        return ["nsenter", f"--net={place}/net", f"--mount={place}/mnt"]

    def cut(self, name: str) -> None:
        """Nobody reaches the host, and it reaches nobody: nothing is refused, all is swallowed."""
        self._on(_SWITCH, f"link set dev {name} down")

    def join(self, name: str) -> None:
        """The end of `cut`."""
        self._on(_SWITCH, f"link set dev {name} up")

    def isolate(self, name: str) -> None:
        """The host and the others do not reach each other any more; clients still reach it."""
        for other in self.addresses.keys() - {name}:
            for here, there in ((name, other), (other, name)):
                wrong = f"neigh replace {self.addresses[there]} lladdr {_NOBODY}"
                self._on(here, f"{wrong} dev eth0 nud permanent")

    def admit(self, name: str) -> None:
        """The end of `isolate`."""
        for other in self.addresses.keys() - {name}:
            for here, there in ((name, other), (other, name)):
                right = f"neigh replace {self.addresses[there]} lladdr {self._hardware[there]}"
                self._on(here, f"{right} dev eth0 nud permanent")

    def open(self) -> None:
        """Makes it. Call `close` also when this fails."""
        for holder in self._holders.values():
            holder.start()
        for holder in self._holders.values():
            _wait_until_held(holder)
        switch = self._holders[_SWITCH].pid
        self._on(_SWITCH, "link add br0 type bridge", "link set br0 up")
        mine = f"rex{os.getpid()}"
        _ip([], f"link add {mine} type veth peer name outside netns {switch}")
        _ip([], f"addr add {self.outside}/24 dev {mine}")
        _ip([], f"link set {mine} up")
        self._on(_SWITCH, "link set dev outside master br0 up")
        for name in self.addresses:
            self._connect(name, switch or 0)

    def close(self) -> None:
        """Ends it. Harmless when repeated."""
        for holder in self._holders.values():
            if holder.pid:
                holder.kill()

    def _connect(self, name: str, switch: int) -> None:
        self._on(
            name,
            f"link add eth0 address {self._hardware[name]} type veth peer name {name}"
            f" netns {switch}",
            f"addr add {self.addresses[name]}/24 dev eth0",
            "link set eth0 up",
            "link set lo up",
        )
        self._on(_SWITCH, f"link set dev {name} master br0 up")

    def _on(self, name: str, *commands: str) -> None:
        for command in commands:
            _ip(self.enter(name), command)


@contextmanager
def network(run_folder: Path, names: Sequence[str]) -> Iterator[Network]:
    """Hosts of these names (of up to 15 letters), within a with block."""
    made = Network(run_folder, names)
    try:
        made.open()
        yield made
    finally:
        made.close()


def _holder(name: str, run_folder: Path) -> Child:
    hold = "mount -t tmpfs -o mode=1777 tmpfs /dev/shm && exec sleep infinity"
    command = ["unshare", "--net", "--mount", "sh", "-c", hold]
    return Child(f"net-{name}", command, run_folder=run_folder, output=lambda line: None)


def _ip(enter: Sequence[str], command: str) -> None:
    done = subprocess.run([*enter, "ip", *command.split()], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"ip {command}: {done.stderr.strip()}")


def _free_subnet() -> ipaddress.IPv4Network:
    shown = ["ip", "-4", "-o", "addr"]
    taken = subprocess.run(shown, capture_output=True, text=True, check=True).stdout
    while True:
        first = f"10.213.{secrets.randbelow(256)}."
        if first not in taken:
            return ipaddress.IPv4Network(f"{first}0/24")


def _wait_until_held(holder: Child) -> None:
    """Until the namespace is made and set up, which is when its process sleeps."""
    if not wait_until(
        lambda: processes.command_of(holder.pid or 0).startswith("sleep"), _READY_SECONDS
    ):
        raise TimeoutError(f"{holder.name} did not come into being")
