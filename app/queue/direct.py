"""A connection to Redis without what a client does around each command.

Taking a connection from a pool, a retry policy and a time limit for each step take longer than the
command itself. Every capture waits for one command, so that one goes without: redis-py still
connects, logs in and reads the answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

import hiredis
from redis.asyncio import ConnectionPool
from redis.exceptions import ResponseError


class DirectConnection:
    """Runs one command at a time; connects at the first, and again after any trouble."""

    def __init__(self, pool: ConnectionPool, reply_seconds: float) -> None:
        self._pool: Any = pool
        self._reply_seconds = reply_seconds
        self._connection: Any = None
        self._turn = asyncio.Lock()

    async def execute(self, *command: bytes | str | int) -> Any:
        """The answer to a command. Raises `RedisError`, `TimeoutError` or another `OSError`.

        What raises anything but `ResponseError` may have been executed all the same.
        """
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]
        async with self._turn:
            try:
                async with asyncio.timeout(self._reply_seconds):
                    connection = await self._connected()
                    await connection.send_packed_command(packed, check_health=False)
                    return await connection.read_response(timeout=None)
            except ResponseError:
                raise
            except BaseException:
                await self.close()
                raise

    async def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            await self._connection.disconnect(nowait=True)

    async def _connected(self) -> Any:
        if self._connection is None:
            self._connection = self._pool.make_connection()
            # The time of the whole command is limited above.
            self._connection.socket_timeout = None
        elif self._connection.is_connected and self._connection._reader.at_eof():
            await self._connection.disconnect(nowait=True)  # the server hung up in the meantime
        if not self._connection.is_connected:
            await self._connection.connect()
        return self._connection
