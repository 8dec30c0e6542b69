"""How the receivers behave, until they are told to heal."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Conduct(StrEnum):
    """What a receiver does with one request."""

    ANSWER = "answer"
    FAIL = "fail"
    #: Reads the request and says nothing until the sender hangs up.
    HANG = "hang"
    #: Breaks the connection off with a reset.
    RESET = "reset"
    #: Sends its answer byte by byte, for longer than an attempt may take.
    DRIP = "drip"


class Manner(NamedTuple):
    """A receiver's name and habit: `share` of its requests get `conduct`, the others an answer."""

    name: str
    conduct: Conduct
    share: float
    heals: bool = True


MANNERS = (
    Manner("healthy", Conduct.ANSWER, 1.0),
    Manner("sound", Conduct.ANSWER, 1.0),
    Manner("failing", Conduct.FAIL, 0.3),
    Manner("resetting", Conduct.RESET, 0.2),
    Manner("hanging", Conduct.HANG, 0.03),
    Manner("dripping", Conduct.DRIP, 0.03),
    Manner("dead", Conduct.FAIL, 1.0, heals=False),
)

EVERYBODY = frozenset(manner.name for manner in MANNERS)
#: Receivers from which everything must have been taken at the end.
HEALING = frozenset(manner.name for manner in MANNERS if manner.heals)
#: Receivers that answer at once, always.
HEALTHY = frozenset(manner.name for manner in MANNERS if manner.conduct is Conduct.ANSWER)
