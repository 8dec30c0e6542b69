"""Sends pushes from the recording process to the delivery process, over Redis Pub/Sub.

Each delivery process listens to a channel of its own. Redis stores no message: nothing is
written to its disk, nothing piles up, and the sender learns at once whether anybody received it. A
lost message loses no delivery: its process finds the lease (workers/leases.py), or the scheduler
does when that process is gone.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import redis

from app.domain.delivery.backoff import exponential_seconds
from app.domain.errors import QueueUnavailable
from app.queue.connection import hang_up
from app.queue.jobs import DELIVERIES, KEYS, Keys

log = logging.getLogger(__name__)

#: How long the list of those that listen is believed.
LIST_SECONDS = 1.0
#: After a failure nothing is pushed for so long.
PAUSE_SECONDS = 1.0
#: How often the listener looks if it is to stop, and asks the server for a sign of life.
LOOK_SECONDS = 1.0
#: A server that has said nothing for so long is not there any more.
SILENCE_SECONDS = 3.5
RETRY_FIRST_SECONDS = 0.05
RETRY_MAX_SECONDS = 1.0


class PushSender:
    """Sends messages to delivery processes; any thread may call."""

    def __init__(self, client: redis.Redis, keys: Keys = KEYS) -> None:
        self._client: Any = client  # its types are unions of what each protocol answers
        self._keys = keys
        self._names: list[str] = []
        self._list_at = 0.0
        self._turns = itertools.count()

    def choose(self) -> str | None:
        """The name of a process that listens, each in its turn; None: there is none."""
        if time.monotonic() >= self._list_at:
            self._list()
        names = self._names
        return names[next(self._turns) % len(names)] if names else None

    def send(self, name: str, message: bytes) -> bool:
        """Send to one process; False: it does not listen any more.

        Raises `QueueUnavailable` when nobody knows whether the process has got it.
        """
        try:
            if self._client.publish(self._keys.pushes(name), message):
                return True
        except redis.RedisError as error:
            self._pause()
            raise QueueUnavailable from error
        self._names = [each for each in self._names if each != name]
        return False

    def _list(self) -> None:
        self._list_at = time.monotonic() + LIST_SECONDS
        try:
            # Its heartbeat names a process of this very system: channels know no databases.
            names = [
                name.decode() for name in self._client.hkeys(self._keys.heartbeats(DELIVERIES))
            ]
            channels = [self._keys.pushes(name) for name in names]
            listeners = self._client.pubsub_numsub(*channels) if channels else []
        except redis.RedisError:
            self._pause()
            return
        self._names = [name for name, (_, count) in zip(names, listeners, strict=True) if count]

    def _pause(self) -> None:
        self._names, self._list_at = [], time.monotonic() + PAUSE_SECONDS
        hang_up(self._client)


class PushListener:
    """Takes the messages for one process, until stopped.

    `client` has a connection of its own. `take` is called with each message and must return soon.
    `writing_client` writes all the time, and so parts from a server that has become a replica; a
    replica would go on to take subscriptions, and senders look for them at the primary.
    """

    def __init__(
        self,
        client: redis.Redis,
        writing_client: redis.Redis,
        name: str,
        take: Callable[[bytes], None],
        keys: Keys = KEYS,
    ) -> None:
        self._client: Any = client
        self._writing_client: Any = writing_client
        self._channel = keys.pushes(name)
        self._take = take
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Take nothing more; `run` returns soon."""
        self._stopping.set()

    def run(self) -> None:
        """Listen; connects again for as long as it takes."""
        failures = 0
        while not self._stopping.is_set():
            try:
                with self._client.pubsub(ignore_subscribe_messages=False) as pubsub:
                    pubsub.subscribe(self._channel)
                    self._listen(pubsub)
                failures = 0
            except Exception as error:
                if not isinstance(error, (redis.RedisError, OSError)):
                    log.exception("pushes.unreadable")  # what they carry is found and claimed
                hang_up(self._client)
                failures += 1
                pause = exponential_seconds(failures, RETRY_FIRST_SECONDS, RETRY_MAX_SECONDS)
                self._stopping.wait(pause)

    def _listen(self, pubsub: Any) -> None:
        heard_at = time.monotonic()
        while not self._stopping.is_set():
            said = pubsub.get_message(timeout=LOOK_SECONDS)
            now = time.monotonic()
            if said is None:
                if now - heard_at > SILENCE_SECONDS:
                    raise redis.ConnectionError("no sign of life")
                self._check_place()
                pubsub.ping()
                continue
            heard_at = now
            self._read(said)
        pubsub.unsubscribe()
        while (said := pubsub.get_message(timeout=LOOK_SECONDS)) and said["type"] != "unsubscribe":
            self._read(said)

    def _check_place(self) -> None:
        """Raise `ConnectionError` if this process does not listen where senders look."""
        try:
            ((_, listeners),) = self._writing_client.pubsub_numsub(self._channel)
        except redis.RedisError:
            return
        if not listeners:
            raise redis.ConnectionError("subscribed at another server")

    def _read(self, said: dict[str, Any]) -> None:
        if said["type"] == "message":
            self._take(said["data"])
