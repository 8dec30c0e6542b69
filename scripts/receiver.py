"""A subscriber: receives deliveries on loopback, verifies each, and remembers when it came."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.post_server import PostServer, Reply


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    at: float
    headers: Mapping[str, str]
    body: bytes
    verified: bool
    answered: int

    @property
    def event(self) -> dict[str, Any]:
        """The delivered event."""
        value: dict[str, Any] = json.loads(self.body)
        return value


def verify(secret: str, signature: str, body: bytes) -> bool:
    """The documented verification: take the header apart by position, compare in constant time."""
    timestamp, value = (part.split("=", 1)[1] for part in signature.split(","))
    message = f"{timestamp}.".encode() + body
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, value)


class Receiver(PostServer):
    """A webhook's receiving end on a free port; `answer` decides the status of each request."""

    def __init__(self, answer: Callable[[Mapping[str, str]], int] = lambda headers: 200) -> None:
        super().__init__(self._take)
        self.secret = ""
        self.received: list[Received] = []
        self._answer = answer
        self._arrived = threading.Condition()

    def wait_for(self, found: Callable[[list[Received]], bool], seconds: float) -> list[Received]:
        """What has come once `found` says it is enough; raises TimeoutError after `seconds`."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: found(self.received), seconds):
                raise TimeoutError(f"{len(self.received)} deliveries after {seconds} s")
            return list(self.received)

    def _take(self, headers: Mapping[str, str], body: bytes) -> Reply:
        at = time.perf_counter()
        status = self._answer(headers)
        verified = verify(self.secret, headers["X-Rex-Signature"], body)
        with self._arrived:
            self.received.append(Received(at, headers, body, verified, status))
            self._arrived.notify_all()
        return Reply(status)
