"""A message as bytes in Redis and as a job in a worker.

Reading never fails: whatever cannot be run becomes a job for the actor `POISON_ACTOR`, so that one
bad payload never costs its neighbours anything.

An actor's parameter that is declared as `msgspec.Raw` gets its argument as JSON text: the actor
reads it straight into what it needs.
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

import msgspec
from dramatiq import Actor, Message, MessageProxy

#: The actor that puts unusable payloads aside. A worker declares it with the parameters
#: (queue: str, message_id: str, reason: str, payload: bytes). Nobody can send to it.
POISON_ACTOR = "keep_poison"

_encoder = msgspec.json.Encoder()


class _Payload(msgspec.Struct):
    """What is read of a payload. The queue it says and its options are not believed."""

    actor_name: str
    args: list[msgspec.Raw]
    kwargs: dict[str, Any] = {}
    message_timestamp: int = 0


_decoder = msgspec.json.Decoder(_Payload)


class _Parameters(NamedTuple):
    """What an actor takes."""

    signature: inspect.Signature
    #: Positions of the arguments that it wants as JSON text.
    raw: frozenset[int]


def _parameters_of(function: Callable[..., Any]) -> _Parameters:
    signature, hints = inspect.signature(function), get_type_hints(function)
    names = enumerate(signature.parameters)
    return _Parameters(
        signature, frozenset(at for at, name in names if hints.get(name) is msgspec.Raw)
    )


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
        self._parameters: dict[str, _Parameters] = {}

    def read(self, queue: str, redis_id: bytes, payload: bytes) -> Job:
        """Give the job that the payload asks for, or one that puts the payload aside."""
        try:
            wanted = _decoder.decode(payload)
            if wanted.actor_name == POISON_ACTOR or wanted.actor_name not in self._actors:
                return _poison(queue, redis_id, "no such actor", payload)
            return _job(queue, redis_id, wanted, self._arguments(wanted))
        except TypeError:
            return _poison(queue, redis_id, "arguments do not fit the actor", payload)
        except Exception as error:  # whatever a payload can provoke: see the module's promise
            return _poison(queue, redis_id, f"not a message: {type(error).__name__}", payload)

    def _arguments(self, wanted: _Payload) -> list[Any]:
        parameters = self._parameters_of(wanted.actor_name)
        parameters.signature.bind(*wanted.args, **wanted.kwargs)
        return [
            raw if at in parameters.raw else msgspec.json.decode(raw)
            for at, raw in enumerate(wanted.args)
        ]

    def _parameters_of(self, actor_name: str) -> _Parameters:
        if actor_name not in self._parameters:
            self._parameters[actor_name] = _parameters_of(self._actors[actor_name].fn)
        return self._parameters[actor_name]


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


def _job(queue: str, redis_id: bytes, wanted: _Payload, args: Sequence[Any]) -> Job:
    message = Message[Any](
        queue_name=queue,
        actor_name=wanted.actor_name,
        args=tuple(args),
        kwargs=wanted.kwargs,
        options={},
        message_id=readable(redis_id),
        message_timestamp=wanted.message_timestamp,
    )
    return Job(message, redis_id)


def _poison(queue: str, redis_id: bytes, problem: str, payload: bytes) -> Job:
    args = [queue, readable(redis_id), problem, payload]
    return _job(queue, redis_id, _Payload(actor_name=POISON_ACTOR, args=[]), args)
