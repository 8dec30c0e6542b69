"""Who gets the next free slots of a delivery process.

A slot is the right to one attempt in flight. Slots are what a process has least of: a receiver that
hangs holds each of its slots for a whole attempt. Four rules, first to last:

1. **Bulkhead.** Webhooks that have not answered yet, or do not answer well, share `BULKHEAD` of the
   slots. The rest belongs to those that do.
2. **First slots first.** Inside the bulkhead no webhook gets a second slot while another waits for
   its first, so a new webhook that works is found out by its first answer.
3. **Quiet orgs first.** An org that holds more than `NOISY` of all slots gets another one only when
   no quieter org wants it (the rule of SQS fair queues). Among equals, who holds least goes first.
4. **Reserve.** Webhooks and orgs that hold more than `NOISY` leave the last `RESERVE` of the slots
   to those that hold less, and no webhook takes more than `WEBHOOK_SHARE` of the slots while
   another waits: who comes next finds a free slot at once.

What a webhook starts are first attempts before retries, which keep a tenth (`kept_for_retries`).

Pure: what everybody holds and wants goes in, who may start how many comes out.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

#: Share of a process's slots that webhooks without a good answer of late may hold together.
BULKHEAD = 0.6
#: Share of the slots above which an org waits for the others.
NOISY = 0.1
#: Share of the slots that the noisy leave free.
RESERVE = 0.1
#: Share of the slots that one webhook may hold while another one waits.
WEBHOOK_SHARE = 0.25
#: Share of what a webhook starts that its retries have while first attempts wait.
RETRY_SHARE = 0.1


class Demand(NamedTuple):
    """What one webhook holds and wants."""

    webhook_id: str
    org_id: str
    #: It answered well of late.
    proven: bool
    in_flight: int
    #: Deliveries that could start now: due, and allowed by the webhook's own limit.
    wanted: int


class Held:
    """What the webhooks of a process hold together."""

    def __init__(self) -> None:
        self.unproven = 0
        self.by_org: Counter[str] = Counter()

    def copy(self) -> Held:
        """One that changes on its own."""
        copied = Held()
        copied.unproven, copied.by_org = self.unproven, self.by_org.copy()
        return copied

    def add(self, org_id: str, in_flight: int, *, proven: bool) -> None:
        """Count a webhook's slots, or fewer of them."""
        self.by_org[org_id] += in_flight
        if not self.by_org[org_id]:
            del self.by_org[org_id]
        if not proven:
            self.unproven += in_flight


def grant(slots: int, held: Held, demands: Iterable[Demand]) -> dict[str, int]:
    """How many attempts each webhook may start now, of a process with so many slots in all.

    `held` counts every webhook; `demands` are those that want a slot.
    """
    held_by_org = held.by_org.copy()
    free = slots - held_by_org.total()
    room = int(slots * BULKHEAD) - held.unproven
    noisy, reserve = slots * NOISY, slots * RESERVE
    granted: Counter[str] = Counter()

    def urgency(demand: Demand) -> tuple[bool, bool, bool, int, str]:
        held = demand.in_flight + granted[demand.webhook_id]
        is_noisy = held_by_org[demand.org_id] >= noisy
        has_share = held >= slots * WEBHOOK_SHARE
        return has_share, is_noisy, not demand.proven and held > 0, held, demand.webhook_id

    waiting = [(urgency(demand), demand) for demand in demands if demand.wanted > 0]
    heapq.heapify(waiting)
    while waiting and free > 0:
        known, demand = heapq.heappop(waiting)
        if not demand.proven and room <= 0:
            continue
        if known != (now := urgency(demand)):  # its org took slots since
            heapq.heappush(waiting, (now, demand))
            continue
        has_share, is_noisy, *_ = now
        if free <= reserve and (has_share or is_noisy):
            continue
        granted[demand.webhook_id] += 1
        held_by_org[demand.org_id] += 1
        free -= 1
        room -= not demand.proven
        if granted[demand.webhook_id] < demand.wanted:
            heapq.heappush(waiting, (urgency(demand), demand))
    return dict(granted)


def kept_for_retries(wanted: int, chance: float) -> int:
    """How many of `wanted` attempts are retries, if both they and first attempts wait.

    `chance` (0 to 1) decides on fractions: a webhook that starts one at a time keeps its share too.
    """
    return int(wanted * RETRY_SHARE + chance)
