"""The receivers: they misbehave until they are told to heal, and write every request down."""

from __future__ import annotations

import json
import os
import random
import select
import socket
import struct
import time
from collections.abc import Mapping
from typing import NamedTuple

from scripts.commands.chaos.journal import Reception
from scripts.receiver import Misbehaviour, PostServer, Reply, verify

#: Longer than any attempt may take: the sender must be the one who gives up.
PATIENCE_SECONDS = 30.0
DRIP_SECONDS = 0.25
#: A receiver that flaps is well for so long, then not for as long.
FLAP_SECONDS = 5.0
_HARD_CLOSE = struct.pack("ii", 1, 0)


def hang(connection: socket.socket) -> None:
    """Says nothing until the sender hangs up."""
    select.select([connection], [], [], PATIENCE_SECONDS)


def drip(connection: socket.socket) -> None:
    """Sends its answer byte by byte, for longer than an attempt may take."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * int(PATIENCE_SECONDS / DRIP_SECONDS):
        connection.send(bytes([byte]))
        if select.select([connection], [], [], DRIP_SECONDS)[0]:
            return  # the sender hung up


def reset(connection: socket.socket) -> None:
    """Breaks the connection off with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HARD_CLOSE)
    os.close(connection.detach())


class Behaviour(NamedTuple):
    """A receiver's name, and what becomes of a `share` of its requests; it takes the others."""

    name: str
    share: float = 0.0
    does: Reply | Misbehaviour = Reply()
    heals: bool = True
    flaps: bool = False

    @property
    def misbehaves(self) -> bool:
        """Whether it does so to the request that has just come."""
        is_well = self.flaps and time.monotonic() % (2 * FLAP_SECONDS) < FLAP_SECONDS
        return not is_well and random.random() < self.share


BEHAVIOURS = (
    Behaviour("healthy"),
    Behaviour("sound"),
    Behaviour("failing", 0.3, Reply(500)),
    Behaviour("resetting", 0.2, reset),
    Behaviour("hanging", 0.03, hang),
    Behaviour("dripping", 0.03, drip),
    Behaviour("silent", 1.0, hang),
    Behaviour("flapping", 1.0, hang, flaps=True),
    Behaviour("dead", 1.0, Reply(500), heals=False),
)
EVERYBODY = frozenset(each.name for each in BEHAVIOURS)
#: Receivers from which everything must have been taken at the end.
HEALING = frozenset(each.name for each in BEHAVIOURS if each.heals)
#: Receivers that answer at once, always.
HEALTHY = frozenset(each.name for each in BEHAVIOURS if not each.share)


class Receiver(PostServer):
    """One receiver, serving within a with block; it adds every request to `receptions`."""

    def __init__(self, behaviour: Behaviour, receptions: list[Reception], host: str) -> None:
        super().__init__(self._take, host)
        self.secret = ""
        self.is_healed = False
        self._behaviour = behaviour
        self._receptions = receptions

    def _take(self, headers: Mapping[str, str], body: bytes) -> Reply | Misbehaviour:
        behaviour = self._behaviour
        misbehaves = behaviour.misbehaves and not (self.is_healed and behaviour.heals)
        reply = behaviour.does if misbehaves else Reply()
        self._receptions.append(
            Reception(
                receiver=behaviour.name,
                event_id=json.loads(body)["id"],
                delivery_id=headers["X-Rex-Delivery"],
                attempt=int(headers["X-Rex-Attempt"]),
                at=time.monotonic(),
                status=reply.status if isinstance(reply, Reply) else None,
                verified=verify(self.secret, headers["X-Rex-Signature"], body),
            )
        )
        return reply
