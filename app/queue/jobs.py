"""The contract between those who enqueue and those who work: queues, actors, keys, payloads.

    captures    record_captures([capture, ...])   the captures themselves: nothing is stored yet
    deliveries  deliver(webhook_id)               "look": what is due is in PostgreSQL

Enqueueing is `XADD stream * job PAYLOAD`; the workers' consumer group does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

CAPTURES = "captures"
DELIVERIES = "deliveries"
RECORD_CAPTURES = "record_captures"
DELIVER = "deliver"

#: The consumer group of every queue's stream.
GROUP = "workers"

#: What the hash tags of numbered streams end with. Of a Redis Cluster whose shards have equal parts
#: of the slots, the first N tags lie on N shards, for any N up to 8. Never change one.
_TAG_ENDS = ("", "-1iq", "-2se", "-3mr", "-4ma", "-5ep", "-6qb", "-7rc")
#: The most streams that captures can be spread over.
STREAMS_MAX = len(_TAG_ENDS)

encode = msgspec.json.Encoder().encode


class Keys(NamedTuple):
    """Names in Redis. The braces keep all of one stream in one slot of a Redis Cluster."""

    namespace: str = "{rex}"

    def numbered(self, number: int) -> Keys:
        """The keys of the stream with this number; those of number 0 are these."""
        return Keys(f"{self.namespace[:-1]}{_TAG_ENDS[number]}}}")

    def named(self, name: str) -> str:
        """A limit, a first answer or a count; also any other key of this slot."""
        return f"{self.namespace}:{name}"

    def stream(self, queue: str) -> str:
        """Stream of the jobs that wait or are being worked on."""
        return f"{self.namespace}:stream:{queue}"

    def retry(self, queue: str) -> str:
        """Sorted set of failed jobs by the time (Redis' clock, Unix seconds) of their next run."""
        return f"{self.namespace}:retry:{queue}"

    def dead_letters(self, queue: str) -> str:
        """Stream of the jobs that failed for good, each with its reason."""
        return f"{self.namespace}:dead:{queue}"

    def heartbeats(self, queue: str) -> str:
        """Hash of consumer to a number that changes every second while it lives."""
        return f"{self.namespace}:heartbeats:{queue}"

    def processes(self) -> str:
        """Hash of a process's name to what it reports of itself."""
        return f"{self.namespace}:processes"

    def pushes(self, name: str) -> str:
        """Channel (Pub/Sub) of what is pushed to a delivery process."""
        return f"{self.namespace}:pushes:{name}"

    def rescues(self, queue: str) -> str:
        """Counter that lets only one process at a time rescue orphans."""
        return f"{self.namespace}:rescues:{queue}"


KEYS = Keys()


def part_name(queue: str, number: int) -> str:
    """What dramatiq calls the part of a queue that is on the stream with this number."""
    return f"{queue}-{number}" if number else queue


def queue_of(part: str) -> str:
    """The queue of a part."""
    return part.partition("-")[0]


def encode_job(actor: str, args: Sequence[Any]) -> bytes:
    """Write a job's payload. `args` may hold JSON text as `msgspec.Raw`."""
    return encode({"actor_name": actor, "args": args})
