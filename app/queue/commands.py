"""What a broker says to Redis, one method per script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis

from app.queue import keys, scripts
from app.queue.in_flight import Settlement

#: More ids than this in one call would hold the server up.
MOST_PER_CALL = 500

#: Afterwards every consumer has noticed by itself that it is to stop.
STOP_TOKEN_EXPIRY_MS = 2_000


@dataclass(frozen=True)
class Policy:
    """What all processes of one system must agree on."""

    namespace: str = keys.NAMESPACE
    #: A process that was not heard of for so long is dead.
    heartbeat_timeout_ms: int = 10_000
    #: How long a message rests after its first failure; doubled with each further one.
    first_rest_ms: int = 1_000
    #: The longest rest. With the pace of the janitor and of the brake it stays below the 10 s in
    #: which work must go on after an outage.
    longest_rest_ms: int = 5_000


class Fetched(NamedTuple):
    """A message as it came; no payload: it was done in the meantime."""

    redis_id: bytes
    payload: bytes | None


class Tidied(NamedTuple):
    """What one run of the janitor did."""

    woken: int
    recovered: int


class Commands:
    """The scripts, bound to one client and to the identity of one process."""

    def __init__(self, client: redis.Redis, broker_id: str, policy: Policy) -> None:
        self._client = client
        self._broker_id = broker_id
        self._policy = policy
        self._stop_key = keys.stop_key(broker_id, policy.namespace)

    def enqueue(self, queue: str, messages: Sequence[tuple[str, bytes]]) -> None:
        """Append messages (id and payload) and wake a consumer."""
        for start in range(0, len(messages), MOST_PER_CALL):
            chunk = messages[start : start + MOST_PER_CALL]
            flat = [part for message in chunk for part in message]
            self._run(scripts.ENQUEUE, queue, *flat)

    def fetch(self, queue: str, most: int) -> list[Fetched]:
        """Take up to `most` messages from the head; they are booked to this process."""
        return _pairs(self._run(scripts.FETCH, queue, self._broker_id, min(most, MOST_PER_CALL)))

    def wait_and_fetch(self, queue: str, most: int, timeout_seconds: float) -> list[Fetched]:
        """Block until somebody enqueues, this process is to stop or the time is over; then fetch.

        Both commands are sent at once: the server runs the second as soon as the first is over,
        before it sleeps or syncs its file, so a message is here one round trip after its enqueue.
        """
        wake = keys.wake_key(queue, self._policy.namespace)
        args = self._policy.namespace, queue, self._broker_id, str(min(most, MOST_PER_CALL))
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.blpop([wake, self._stop_key], timeout_seconds)
            pipeline.evalsha(scripts.FETCH.sha, 1, *args)
            token, flat = pipeline.execute(raise_on_error=False)
        if isinstance(flat, redis.exceptions.NoScriptError):
            return self.fetch(queue, most)
        if isinstance(flat, Exception):
            raise flat
        if isinstance(token, Exception) and not flat:
            raise token
        return _pairs(flat)

    def stop_waiting(self, consumers: int) -> None:
        """Wake so many consumers of this process."""
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.lpush(self._stop_key, *["1"] * max(1, consumers))
            pipeline.pexpire(self._stop_key, STOP_TOKEN_EXPIRY_MS)
            pipeline.execute()

    def settle(self, queue: str, settlement: Settlement) -> None:
        """Forget what is done; let rest what failed."""
        for start in range(0, len(settlement.done), MOST_PER_CALL):
            self._settle(queue, settlement.done[start : start + MOST_PER_CALL], [])
        for start in range(0, len(settlement.failed), MOST_PER_CALL):
            self._settle(queue, [], settlement.failed[start : start + MOST_PER_CALL])

    def _settle(self, queue: str, done: list[bytes], failed: list[bytes]) -> None:
        rests = self._policy.first_rest_ms, self._policy.longest_rest_ms
        ids: list[bytes] = done + failed
        self._run(scripts.SETTLE, queue, self._broker_id, *rests, len(done), *ids)

    def give_back(self, queue: str, ids: Sequence[bytes]) -> None:
        """Return fetched messages to the head, in their order, and wake another process."""
        self._run(scripts.GIVE_BACK, queue, self._broker_id, *ids)

    def reconcile(self, queue: str, held: Iterable[bytes]) -> int:
        """Return to the head whatever is booked to this process and not in `held`; how many."""
        return int(self._run(scripts.RECONCILE, queue, self._broker_id, *held))

    def heartbeat(self, queues: Iterable[str]) -> None:
        """Say that this process lives and which queues it serves."""
        self._run(scripts.HEARTBEAT, self._broker_id, *queues)

    def tidy(self) -> Tidied:
        """Run the janitor over all queues that any process ever served."""
        policy = self._policy
        rests = policy.first_rest_ms, policy.longest_rest_ms
        woken, recovered = self._run(scripts.TIDY, policy.heartbeat_timeout_ms, *rests)
        return Tidied(woken, recovered)

    def hang_up(self) -> None:
        """Close all connections of the client; the next command opens a new one."""
        self._client.connection_pool.disconnect()

    def _run(self, script: scripts.Script, *args: str | bytes | int) -> Any:
        return script(self._client, self._policy.namespace, *args)


def _pairs(flat: list[Any]) -> list[Fetched]:
    return [Fetched(*pair) for pair in zip(flat[::2], flat[1::2], strict=True)]
