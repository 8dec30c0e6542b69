"""A message as bytes in Redis and as a job in a worker.

Reading never fails: whatever cannot be run becomes a job for the actor `POISON_ACTOR`, so that one
bad payload never costs its neighbours anything.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from dramatiq import Actor, Message, MessageProxy

#: The actor that puts unusable payloads aside. A worker declares it with the parameters
#: (queue: str, message_id: str, reason: str, payload: bytes). Nobody can send to it.
POISON_ACTOR = "keep_poison"

_encoder = msgspec.json.Encoder()


class _Payload(msgspec.Struct):
    """What is read of a payload. The queue it says and its options are not believed."""

    actor_name: str
    args: list[Any]
    kwargs: dict[str, Any] = {}
    message_timestamp: int = 0


_decoder = msgspec.json.Decoder(_Payload)


class Job(MessageProxy):
    """A fetched message: knows its id in Redis, fails on any exception, hides its arguments."""

    def __init__(self, message: Message[Any], redis_id: bytes) -> None:
        super().__init__(message)
        self.redis_id = redis_id

    def stuff_exception(self, exception: BaseException) -> None:
        """Take the actor's exception and count as failed: without this it would be acked."""
        super().stuff_exception(exception)
        self.fail()

    def __str__(self) -> str:
        return f"{self.actor_name}[{self.message_id}]"

    def __repr__(self) -> str:
        return f"<Job {self}>"


class JobReader:
    """Turns fetched payloads into jobs for the actors of one broker."""

    def __init__(self, actors: Mapping[str, Actor[Any, Any]]) -> None:
        self._actors = actors
        self._signatures: dict[str, inspect.Signature] = {}

    def read(self, queue: str, redis_id: bytes, payload: bytes) -> Job:
        """Give the job that the payload asks for, or one that puts the payload aside."""
        try:
            wanted = _decoder.decode(payload)
            problem = self._problem_with(wanted)
        except Exception as error:  # whatever a payload can provoke: see the module's promise
            wanted, problem = None, f"not a message: {type(error).__name__}"
        if wanted is None or problem:
            return _poison(queue, redis_id, problem, payload)
        return _job(queue, redis_id, wanted)

    def _problem_with(self, wanted: _Payload) -> str:
        if wanted.actor_name == POISON_ACTOR or wanted.actor_name not in self._actors:
            return "no such actor"
        try:
            self._signature(wanted.actor_name).bind(*wanted.args, **wanted.kwargs)
        except TypeError:
            return "arguments do not fit the actor"
        return ""

    def _signature(self, actor_name: str) -> inspect.Signature:
        if actor_name not in self._signatures:
            self._signatures[actor_name] = inspect.signature(self._actors[actor_name].fn)
        return self._signatures[actor_name]


def new_message_id() -> str:
    """Make an id that is unique and sorts by the time it was made."""
    return f"{time.time_ns():016x}{os.urandom(6).hex()}"


def encode_message(queue: str, actor: str, args: Sequence[Any]) -> tuple[str, bytes]:
    """Write a message for `actor`: its id and its payload. `args` may hold `msgspec.Raw` JSON."""
    message_id = new_message_id()
    payload = {
        "queue_name": queue,
        "actor_name": actor,
        "args": args,
        "kwargs": {},
        "options": {"redis_message_id": message_id},
        "message_id": message_id,
        "message_timestamp": time.time_ns() // 1_000_000,
    }
    return message_id, _encoder.encode(payload)


def encode_dramatiq(message: Message[Any]) -> bytes:
    """Write a message that dramatiq built, as `Actor.send` does."""
    return _encoder.encode(message.asdict())


def readable(redis_id: bytes) -> str:
    """Show an id from Redis, which may be any bytes."""
    return redis_id.decode("utf-8", "backslashreplace")


def _job(queue: str, redis_id: bytes, wanted: _Payload) -> Job:
    message = Message[Any](
        queue_name=queue,
        actor_name=wanted.actor_name,
        args=tuple(wanted.args),
        kwargs=wanted.kwargs,
        options={},
        message_id=readable(redis_id),
        message_timestamp=wanted.message_timestamp,
    )
    return Job(message, redis_id)


def _poison(queue: str, redis_id: bytes, problem: str, payload: bytes) -> Job:
    args = [queue, readable(redis_id), problem, payload]
    return _job(queue, redis_id, _Payload(actor_name=POISON_ACTOR, args=args))
