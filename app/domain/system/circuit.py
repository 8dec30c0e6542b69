"""Circuits to servers: when one opens, and how many good probes in a row close it again.

A server that fails is not asked while its circuit is open, so only the requests that notice wait
for it. One that fails again soon after it was back must prove itself for longer each time.
"""

from __future__ import annotations

from typing import NamedTuple

#: A failure within so many seconds of closing is the same trouble, not a new one.
RELAPSE_SECONDS = 10.0
#: Good probes in a row that are asked for at most.
NEEDED_MAX = 16


class Circuit(NamedTuple):
    """One server's circuit. Times are monotonic seconds."""

    is_open: bool = False
    #: Good probes in a row that close it, and how many there have been.
    needed: int = 1
    good: int = 0
    closed_at: float = float("-inf")


def after_use(circuit: Circuit, now: float, *, worked: bool) -> Circuit:
    """The circuit after the server was used, or probed if it is open."""
    if circuit.is_open:
        return _after_probe(circuit, now, worked=worked)
    if worked:
        return circuit
    relapsed = now - circuit.closed_at < RELAPSE_SECONDS
    return Circuit(True, min(2 * circuit.needed, NEEDED_MAX) if relapsed else 1)


def _after_probe(circuit: Circuit, now: float, *, worked: bool) -> Circuit:
    good = circuit.good + 1 if worked else 0
    if good < circuit.needed:
        return circuit._replace(good=good)
    return Circuit(False, circuit.needed, 0, now)
