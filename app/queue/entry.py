"""A job as an entry of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec


class Entry(NamedTuple):
    """One job in Redis."""

    id: bytes
    payload: bytes
    #: Runs that failed while no other job was in the batch.
    failures: int = 0
    #: Workers that died while they held it.
    deaths: int = 0
    #: Jobs that one batch with this one may have; 0: as many as its actor takes.
    batch_max: int = 0

    def fields(self) -> dict[str, bytes | int]:
        """What `XADD` stores."""
        counters = {name: getattr(self, name) for name in _COUNTERS}
        return {"job": self.payload} | {name: count for name, count in counters.items() if count}


_COUNTERS = ("failures", "deaths", "batch_max")


def entry_of(entry_id: bytes, fields: Mapping[bytes, bytes]) -> Entry:
    """Read what Redis answered. Never fails: foreign fields count as an empty payload."""
    counters = [fields.get(name.encode(), b"0") for name in _COUNTERS]
    numbers = [int(count) if count.isdigit() else 0 for count in counters]
    return Entry(entry_id, fields.get(b"job", b""), *numbers)


class Payload(msgspec.Struct):
    """What is read of a payload; the rest of what dramatiq writes is not needed."""

    actor_name: str
    #: As JSON text.
    args: list[msgspec.Raw]
    kwargs: dict[str, Any] = {}


decode_payload = msgspec.json.Decoder(Payload).decode
#: An entry as a member of the retry set; its id makes it unique.
encode_entry = msgspec.msgpack.Encoder().encode
decode_entry = msgspec.msgpack.Decoder(Entry).decode
