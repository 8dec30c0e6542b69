"""How the receivers behave, until they are told to heal."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Behaviour(StrEnum):
    """What a receiver does with one request."""

    ANSWER = "answer"
    FAIL = "fail"
    #: Reads the request and says nothing until the sender hangs up.
    HANG = "hang"
    #: Breaks the connection off with a reset.
    RESET = "reset"
    #: Sends its answer byte by byte, for longer than an attempt may take.
    DRIP = "drip"


class Receiver(NamedTuple):
    """A receiver: `share` of its requests get `behaviour`, the others an answer."""

    name: str
    behaviour: Behaviour
    share: float
    heals: bool = True


RECEIVERS = (
    Receiver("healthy", Behaviour.ANSWER, 1.0),
    Receiver("sound", Behaviour.ANSWER, 1.0),
    Receiver("failing", Behaviour.FAIL, 0.3),
    Receiver("resetting", Behaviour.RESET, 0.2),
    Receiver("hanging", Behaviour.HANG, 0.03),
    Receiver("dripping", Behaviour.DRIP, 0.03),
    Receiver("dead", Behaviour.FAIL, 1.0, heals=False),
)

EVERYBODY = frozenset(receiver.name for receiver in RECEIVERS)
#: Receivers from which everything must have been taken at the end.
HEALING = frozenset(receiver.name for receiver in RECEIVERS if receiver.heals)
#: Receivers that answer at once, always.
HEALTHY = frozenset(
    receiver.name for receiver in RECEIVERS if receiver.behaviour is Behaviour.ANSWER
)
