"""How long the oldest capture on the queue has waited, in two look-ups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import redis

from app.domain.errors import QueueUnavailable
from app.domain.ids import is_id, milliseconds_of
from app.queue.entry import decode_entry, decode_payload, entry_of
from app.queue.jobs import CAPTURES, KEYS, Keys
from app.queue.stream_clients import StreamClient


class _Captured(msgspec.Struct):
    id: str


_decode_captured = msgspec.json.Decoder(list[_Captured]).decode


def oldest_in(streams: Iterable[StreamClient]) -> float:
    """Age of the oldest capture on any of these streams; see below."""
    return max(oldest_capture_seconds(client, keys) for client, keys in streams)


def oldest_capture_seconds(client: redis.Redis, keys: Keys = KEYS) -> float:
    """Age of the oldest capture that waits, is being recorded, or failed; 0.0: there is none.

    By Redis' clock and the time in the capture's id: a job that failed begins a new entry, and its
    captures do not get younger by that. Raises `QueueUnavailable`.
    """
    asked: Any = client
    try:
        with asked.pipeline(transaction=False) as pipe:
            pipe.time()
            pipe.xrange(keys.stream(CAPTURES), count=1)
            pipe.zrange(keys.retry(CAPTURES), 0, 0)
            (seconds, microseconds), entries, failed = pipe.execute()
    except redis.RedisError as error:
        raise QueueUnavailable from error
    found = [entry_of(*each) for each in entries] + [decode_entry(each) for each in failed]
    now = seconds + microseconds / 1e6
    return max((max(0.0, now - _since(each.id, each.payload)) for each in found), default=0.0)


def _since(entry_id: bytes, payload: bytes) -> float:
    """When the first capture of a job was accepted, Unix seconds; else when the job was added."""
    added = int(entry_id.partition(b"-")[0]) / 1000
    try:
        (captures,) = decode_payload(payload).args
        accepted = _decode_captured(captures)[0].id
    except (msgspec.DecodeError, ValueError, IndexError):
        return added
    return min(added, milliseconds_of(accepted) / 1000) if is_id(accepted, "cap") else added
