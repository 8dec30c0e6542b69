"""The admission that every capture passes: limits, duplicates and the queue, in one round trip.

One script (lua/admit.lua) does all of it, so that what is answered as accepted is in the queue,
what is counted was accepted, and of fifty equal posts exactly one is. All its keys have the
stream's hash tag: one database of any Redis will do, also one shard of a Redis Cluster. This is
what it takes and answers; admission_client.py asks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from app.queue.jobs import KEYS

#: What the reason of a refusal begins with that is for its page's origin.
REFUSED_ORIGIN = "forbidden.origin "
#: The same of a form whose visitor was not sent on to where it wanted.
REFUSED_REDIRECT = "redirect.unlisted "

SCRIPT = (Path(__file__).with_name("lua") / "admit.lua").read_text()
#: What stands before the names of limits, first answers and counts.
PREFIX = KEYS.named("")

_encode = msgspec.msgpack.Encoder().encode


class AdmissionRequest(NamedTuple):
    """What wants to be a job, in the order in which the script takes it."""

    capture: bytes
    answer: bytes
    dedupe_key: str
    dedupe_ms: int
    address_key: str = ""
    address_rate: int = 0
    email_key: str = ""
    email_rate: int = 0
    bound_key: str = ""
    bound_to: str = ""
    #: A proof of work, good once; none: not asked for.
    proof_key: str = ""
    proof_ms: int = 0


class AdmissionStatus(IntEnum):
    """What the admission says."""

    ACCEPTED = 0
    DUPLICATE = 1
    ADDRESS_LIMITED = 2
    EMAIL_LIMITED = 3
    FULL = 4
    CONFLICT = 5
    PROOF_USED = 6


#: By their numbers: looking one up in the enumeration costs five times as much.
_STATUSES = tuple(AdmissionStatus)
_VALUES_PER_RESULT = 4


class AdmissionResult(NamedTuple):
    """The admission's result on one capture.

    `wait_ms`: until the limit is whole again, or, for a limited one, until a retry may succeed.
    `first_answer`: what the first of these duplicates was answered.
    """

    status: AdmissionStatus
    remaining: int
    wait_ms: int
    first_answer: bytes
    #: Whether enough replicas have it; if not, it must be in the fallback as well.
    confirmed: bool = True

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.status is AdmissionStatus.ACCEPTED


def script_arguments(
    depth_max: int,
    job_start: bytes,
    job_end: bytes,
    requests: Sequence[AdmissionRequest],
    prefix: str = PREFIX,
) -> list[Any]:
    """What the script takes: see there."""
    # One argument for all requests: the client spends a microsecond on each that it sends.
    packed = _encode([(r.capture.decode(), r.answer.decode(), *r[2:]) for r in requests])
    return [prefix, depth_max, job_start, job_end, packed]


def results_of(flat: Sequence[Any], *, confirmed: bool) -> list[AdmissionResult]:
    """What the script answered. `confirmed`: enough replicas have what it did."""
    return [
        AdmissionResult(_STATUSES[flat[i]], flat[i + 1], flat[i + 2], flat[i + 3], confirmed)
        for i in range(0, len(flat), _VALUES_PER_RESULT)
    ]


def refusals_key(org_id: str, day: str) -> str:
    """Hash of reason to the number of an org's refused captures on a day (2026-03-16)."""
    return f"{PREFIX}refused:{org_id}:{day}"
