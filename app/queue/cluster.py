"""Connections to the node of a Redis Cluster that owns a slot, wherever that is now.

All keys of one stream are in one slot, so a plain client does for them: MULTI, WATCH, blocking
reads and Pub/Sub work as on a single server. Only a new connection has to find the node: it asks
any for a key, and the answer is the owner's address (MOVED). Whoever gets an error hangs up
(`hang_up`), so after a failover the next command finds the new owner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import redis
import redis.asyncio
from redis.exceptions import AskError, MovedError, RedisError

Address = tuple[str, int]


class SlotOwner:
    """Where a key's slot was found last; shared by all connections of a client."""

    def __init__(self, key: str, hosts: Sequence[Address]) -> None:
        self.key = key
        self.hosts = hosts
        self.last: Address | None = None


class Search:
    """The nodes that one connection tries."""

    def __init__(self, owner: SlotOwner) -> None:
        self._owner = owner
        self._next = [*([owner.last] if owner.last else []), *owner.hosts]
        self._tried: list[Address] = []
        self._error: RedisError | None = None

    def __iter__(self) -> Iterator[Address]:
        while self._next:
            address = self._next.pop(0)
            if address not in self._tried:
                self._tried.append(address)
                yield address
        raise self._error or redis.ConnectionError("the nodes do not know who has the slot")

    def failed(self, error: RedisError) -> None:
        """The last one was not the owner, or did not answer."""
        if isinstance(error, MovedError):
            # No host: the node does not know its own name, which is the one that it was reached by.
            self._next.insert(0, (error.host or self._tried[-1][0], error.port))
        else:
            self._error = self._error or error

    def found(self) -> None:
        """The last one is the owner."""
        self._owner.last = self._tried[-1]


class SlotConnection(redis.Connection):
    """A connection to the owner of a slot."""

    def __init__(self, owner: SlotOwner, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._owner = owner

    def connect(self) -> None:
        """Connect to the owner, unless that is done."""
        if self.is_connected:
            return
        search = Search(self._owner)
        for self.host, self.port in search:
            try:
                super().connect()  # type: ignore[no-untyped-call]
            except RedisError as error:
                search.failed(error)
            else:
                search.found()
                return

    def on_connect(self) -> None:
        """Introduce this connection. Raises `MovedError` if another node is the owner."""
        super().on_connect()  # type: ignore[no-untyped-call]
        self.send_command("EXISTS", self._owner.key)  # type: ignore[no-untyped-call]
        try:
            self.read_response()
        except AskError as error:
            _check_moved(error)


class SlotTlsConnection(SlotConnection, redis.SSLConnection):
    """The same with TLS."""


class AsyncSlotConnection(redis.asyncio.Connection):
    """The same for asyncio."""

    def __init__(self, owner: SlotOwner, **options: Any) -> None:
        super().__init__(**options)
        self._owner = owner

    async def connect(self) -> None:
        """Connect to the owner, unless that is done."""
        if self.is_connected:
            return
        search = Search(self._owner)
        for self.host, self.port in search:
            try:
                await super().connect()  # type: ignore[no-untyped-call]
            except RedisError as error:
                search.failed(error)
            else:
                search.found()
                return

    async def on_connect(self) -> None:
        """Introduce this connection. Raises `MovedError` if another node is the owner."""
        await super().on_connect()
        await self.send_command("EXISTS", self._owner.key)
        try:
            await self.read_response()
        except AskError as error:
            _check_moved(error)


class AsyncSlotTlsConnection(AsyncSlotConnection, redis.asyncio.SSLConnection):
    """The same with TLS."""


def _check_moved(error: AskError) -> None:
    """Raise it, unless the slot is about to be moved and is still here."""
    if isinstance(error, MovedError):
        raise error
