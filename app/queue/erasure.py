"""Forgetting a person: in the first answers to posts, and in jobs that failed.

Without its first answer a repeated post is a new capture: nobody can tell it from a new decision of
the person. Jobs that wait are recorded in the next moment, and PostgreSQL knows whom it must not
bring back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import msgspec
import redis

from app.domain.errors import QueueUnavailable
from app.queue.entry import decode_entry, decode_payload, encode_entry, entry_of
from app.queue.jobs import CAPTURES, KEYS, Keys, encode_job
from app.queue.stream import STEP
from app.queue.stream_clients import StreamClient, servers_of

#: What keys of any stream begin with, as a pattern.
_ANY = KEYS.named("").replace("}", "*}")
#: Keys that one step looks at: about a millisecond, in which Redis does nothing else.
SCAN_STEP = 1000


def first_answer_key(org_id: str, digest: str) -> str:
    """Where the first answer to an Idempotency-Key or a double click is kept, by `Keys.named`."""
    return f"idem:{org_id}:{digest}"


class QueueErasure:
    """Erases people from all streams in Redis; every method raises `QueueUnavailable`."""

    def __init__(self, streams: Sequence[StreamClient]) -> None:
        self._streams = streams

    def erase(self, org_id: str, contact_ids: Collection[str], emails: Collection[str]) -> None:
        """Erase a person of an org, known by all ids and addresses that it ever had.

        Looks at every answer of a day and at every failed job, in steps: an erasure may take its
        time, captures may not pay for it.
        """
        person = {*contact_ids, *emails}
        try:
            for client, _ in servers_of(self._streams):
                for keys in _scan(client, _ANY + first_answer_key(org_id, "*")):
                    _delete_answers(client, keys, person)
            for client, keys_of_stream in self._streams:
                _erase_dead_letters(client, keys_of_stream, org_id, person)
                _erase_retries(client, keys_of_stream, org_id, person)
        except redis.RedisError as error:
            raise QueueUnavailable from error


def _scan(client: Any, pattern: str) -> Iterator[list[bytes]]:
    cursor = -1
    while cursor:
        cursor, keys = client.scan(max(cursor, 0), pattern, SCAN_STEP)
        yield keys


def _delete_answers(client: Any, keys: list[bytes], person: set[str]) -> None:
    with client.pipeline(transaction=False) as pipe:  # not MGET: they may be in several slots
        for key in keys:
            pipe.get(key)
        values = pipe.execute()
    for key, value in zip(keys, values, strict=True):
        data = msgspec.json.decode(value)["data"] if value else {}
        if not person.isdisjoint((data.get("id"), data.get("email"))):
            client.delete(key)


def _erase_dead_letters(client: Any, keys: Keys, org_id: str, person: set[str]) -> None:
    dead, after = keys.dead_letters(CAPTURES), "-"
    while found := client.xrange(dead, after, "+", STEP):
        for entry_id, fields in found:
            payload = entry_of(entry_id, fields).payload
            left = _without(payload, org_id, person)
            if left != payload:
                with client.pipeline() as pipe:
                    if left:
                        pipe.xadd(dead, {**fields, b"job": left})
                    pipe.xdel(dead, entry_id)
                    pipe.execute()
        after = f"({found[-1][0].decode()}"


def _erase_retries(client: Any, keys: Keys, org_id: str, person: set[str]) -> None:
    retry = keys.retry(CAPTURES)
    for member, score in client.zscan_iter(retry):
        entry = decode_entry(member)
        left = _without(entry.payload, org_id, person)
        if left != entry.payload:
            with client.pipeline() as pipe:
                pipe.zrem(retry, member)
                if left:
                    pipe.zadd(retry, {encode_entry(entry._replace(payload=left)): score})
                pipe.execute()


def _without(payload: bytes, org_id: str, person: set[str]) -> bytes:
    """A job without a person's captures; empty when none is left."""
    try:
        job = decode_payload(payload)
        captures = msgspec.json.decode(job.args[0], type=list[dict[str, Any]])
    except (msgspec.DecodeError, ValueError, IndexError, RecursionError):
        named = any(each.encode() in payload for each in person)
        return b"" if named else payload
    left = [each for each in captures if not _is_of(each, org_id, person)]
    if len(left) == len(captures):
        return payload
    return encode_job(job.actor_name, [left]) if left else b""


def _is_of(capture: dict[str, Any], org_id: str, person: set[str]) -> bool:
    ids = {capture.get("contact_id"), capture.get("email")}
    return capture.get("org_id") == org_id and not ids.isdisjoint(person)
