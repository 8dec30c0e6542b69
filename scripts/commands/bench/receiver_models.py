"""Receiver models and a simulation of one sender, in virtual time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.delivery.concurrency import Answer, ConcurrencyLimit

#: What a receiver does with a request: the answer, and the seconds until it comes.
Model = Callable[["Receiver"], tuple[Answer, float]]


@dataclass
class Receiver:
    """A receiver's state as its model sees it."""

    model: Model
    chance: random.Random
    in_flight: int = 0
    now: float = 0.0
    busy_until: float = 0.0


def fast(receiver: Receiver) -> tuple[Answer, float]:
    return Answer.GOOD, 0.004 * receiver.chance.uniform(0.5, 1.5)


def slow(receiver: Receiver) -> tuple[Answer, float]:
    return Answer.GOOD, 0.3 * receiver.chance.uniform(0.9, 1.1)


def capped(most: int) -> Model:
    """Refuses above so many in flight: at once, long before it has answered the others."""

    def answer(receiver: Receiver) -> tuple[Answer, float]:
        return (Answer.REFUSED, 0.003) if receiver.in_flight > most else slow(receiver)

    return answer


def flaky(receiver: Receiver) -> tuple[Answer, float]:
    """Refuses 6 % whatever is in flight."""
    if receiver.chance.random() < 0.06:
        return Answer.REFUSED, 0.1
    return Answer.GOOD, 0.1 * receiver.chance.uniform(0.9, 1.1)


def steady(receiver: Receiver) -> tuple[Answer, float]:
    """As `flaky`, without the refusals."""
    return Answer.GOOD, 0.1 * receiver.chance.uniform(0.9, 1.1)


def hanging(receiver: Receiver) -> tuple[Answer, float]:
    return Answer.TIMED_OUT, 15.0


def flapping(receiver: Receiver) -> tuple[Answer, float]:
    """Answers for five seconds, times out for five."""
    return steady(receiver) if receiver.now % 10 < 5 else hanging(receiver)


def serial(receiver: Receiver) -> tuple[Answer, float]:
    """Works on one request at a time, 20 ms each: more in flight only waits longer."""
    receiver.busy_until = max(receiver.busy_until, receiver.now) + 0.02
    return Answer.GOOD, receiver.busy_until - receiver.now


@dataclass
class Run:
    """What a simulation showed."""

    good: int = 0
    refused: int = 0
    timed_out: int = 0
    #: In-flight seconds: divided by the length, the average in flight.
    occupancy: float = 0.0
    seconds: float = 0.0
    #: (time, limit) whenever an attempt ended.
    limits: list[tuple[float, int]] = field(default_factory=list)
    limit: ConcurrencyLimit | None = None

    @property
    def rate(self) -> float:
        return self.good / self.seconds

    @property
    def average_in_flight(self) -> float:
        return self.occupancy / self.seconds

    @property
    def refused_share(self) -> float:
        return self.refused / max(1, self.good + self.refused)


def simulate(model: Model, seconds: float, *, cap: int = 256, seed: int = 1) -> Run:
    """Send an endless backlog to a receiver, as many at once as the limit allows."""
    limit, receiver = ConcurrencyLimit(cap), Receiver(model, random.Random(seed))
    run = Run(seconds=seconds, limit=limit)
    under_way: list[tuple[float, int, float, int, Answer]] = []
    now, number = 0.0, 0
    while now < seconds:
        while receiver.in_flight < limit.value:
            receiver.in_flight += 1
            receiver.now, number = now, number + 1
            answer, latency = model(receiver)
            entry = (now + latency, number, now, receiver.in_flight, answer)
            heapq.heappush(under_way, entry)
        ends, _, started, in_flight, answer = heapq.heappop(under_way)
        run.occupancy += receiver.in_flight * (min(ends, seconds) - now)
        now = ends
        receiver.in_flight -= 1
        limit.observe(answer, started, now, now - started, in_flight)
        run.good += answer is Answer.GOOD
        run.refused += answer is Answer.REFUSED
        run.timed_out += answer is Answer.TIMED_OUT
        run.limits.append((now, limit.value))
    return run
