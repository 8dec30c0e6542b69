"""Receivers with a will of their own: they hang, refuse, ask for patience, and note everything."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.receiver import PostServer, Reply


@dataclass(frozen=True)
class Arrival:
    """A request that a stranger got, and what it answered when (monotonic seconds)."""

    at: float
    answered_at: float
    delivery_id: str
    event: dict[str, Any]
    reply: Reply

    @property
    def contact_id(self) -> str:
        """The contact that the event is about."""
        return str(self.event["data"]["id"])

    @property
    def sequence(self) -> int:
        """Which of its contact's events it is."""
        return int(self.event["data"]["sequence"])


class Stranger(PostServer):
    """A receiver on a free port; `answer` gets each event, and may take its time."""

    def __init__(self, answer: Callable[[dict[str, Any]], Reply] = lambda event: Reply()) -> None:
        super().__init__(self._take)
        self._answer = answer
        self._noted = threading.Condition()
        self._arrivals: list[Arrival] = []

    @property
    def arrivals(self) -> list[Arrival]:
        """What was answered so far, in the order of the answers."""
        with self._noted:
            return list(self._arrivals)

    @property
    def accepted(self) -> list[Arrival]:
        """What was answered with 200 so far."""
        return [each for each in self.arrivals if each.reply.status == 200]

    def wait_for(self, accepted: int, seconds: float) -> None:
        """Until that many were accepted; fails after `seconds`, which others may need as well."""

        def enough() -> bool:
            return sum(each.reply.status == 200 for each in self._arrivals) >= accepted

        with self._noted:
            assert self._noted.wait_for(enough, seconds), (
                f"{sum(each.reply.status == 200 for each in self._arrivals)} of {accepted}"
                f" accepted after {seconds} s"
            )

    def _take(self, headers: Mapping[str, str], body: bytes) -> Reply:
        at = time.monotonic()
        event = json.loads(body)
        reply = self._answer(event)
        arrival = Arrival(at, time.monotonic(), headers["X-Rex-Delivery"], event, reply)
        with self._noted:
            self._arrivals.append(arrival)
            self._noted.notify_all()
        return reply
