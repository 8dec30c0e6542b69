"""How long the line stood still, during and after disturbances; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from scripts.commands.chaos.injector import Disturbance
from scripts.commands.chaos.schedule import HOSTS, Fault

#: From the return of whatever was broken to the first delivery after it.
RECOVERY_SECONDS = 10.0
#: Between two deliveries while nothing is broken that others of its kind cannot stand in for. A
#: frozen worker may hold jobs, leases and locks: they are taken from it within this time.
SILENCE_SECONDS = 20.0


class Standstill(NamedTuple):
    """How long nothing moved while a host was away. Seconds."""

    fault: Fault
    #: The longest time from one accepted post to the next.
    accepted: float
    #: The longest time from one delivery to the next.
    delivered: float
    #: From the end of the fault until another host could have been lost.
    whole: float


def standstills(
    disturbances: Sequence[Disturbance], accepted: Sequence[float], arrivals: Sequence[float]
) -> list[Standstill]:
    """One for each fault of a host; `accepted` and `arrivals` are times, in order."""
    return [
        Standstill(
            each.fault,
            _longest_gap(accepted, each.began, each.returned),
            _longest_gap(arrivals, each.began, each.returned),
            each.returned - each.began - each.fault.seconds,
        )
        for each in disturbances
        if each.fault.target in HOSTS
    ]


def _longest_gap(times: Sequence[float], began: float, ended: float) -> float:
    """Between two of the times, as far as it lies after the beginning and begins before the end."""
    first, last = bisect_right(times, began), bisect_right(times, ended)
    within = [began, *times[first : last + 1]]
    return max((after - before for before, after in pairwise(within)), default=ended - began)


class Recovery(NamedTuple):
    """What came back last, and how long the first delivery took from then on."""

    fault: Fault
    seconds: float


def recoveries(
    disturbances: Sequence[Disturbance], arrivals: Sequence[float], until: float
) -> list[Recovery]:
    """The recovery after each stretch of overlapping disturbances.

    `arrivals`: when deliveries reached any receiver, in order. Where the next disturbance begins
    before a delivery arrives, only the last of them is counted: there was no time to recover.
    Without a delivery up to `until`, it counts as one at that time.
    """
    found = []
    stretches = _halts(disturbances)
    for index, (fault, _, ended) in enumerate(stretches):
        position = bisect_right(arrivals, ended)
        first = arrivals[position] if position < len(arrivals) else until
        if index + 1 < len(stretches) and stretches[index + 1].began < first:
            continue
        found.append(Recovery(fault, first - ended))
    return found


def longest_silence(disturbances: Sequence[Disturbance], arrivals: Sequence[float]) -> float:
    """The longest time between two arrivals in which nothing excused it, in seconds."""
    halts = _halts(disturbances)
    ends = [each.returned for each in halts]
    longest = 0.0
    for before, after in pairwise(arrivals):
        ended = bisect_right(ends, after)
        since = max(before, ends[ended - 1]) if ended else before
        if ended < len(halts):  # a halt that is not over at `after` may have begun before it
            after = min(after, max(since, halts[ended].began))
        longest = max(longest, after - since)
    return longest


def _halts(disturbances: Sequence[Disturbance]) -> list[Disturbance]:
    """Disturbances that may halt the line, overlapping ones as one that is named after the last."""
    merged: list[Disturbance] = []
    for each in sorted(disturbances, key=lambda disturbance: disturbance.began):
        if each.fault.is_absorbed:
            continue
        if merged and each.began <= merged[-1].returned:
            last = merged.pop()
            ended_last = max(last, each, key=lambda disturbance: disturbance.returned)
            each = Disturbance(ended_last.fault, last.began, ended_last.returned)
        merged.append(each)
    return merged
