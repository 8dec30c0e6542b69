"""All lanes of a delivery process, and how the free slots are shared among them."""

from __future__ import annotations

from app.domain.delivery.slots import Demand, Held, grant
from app.storage.delivery.claims import CLAIMED_AT_ONCE_MAX
from workers.lane import Lane
from workers.waiting import WaitingPush
from workers.work import DeliveryConfig, WebhookWork

#: Webhooks that one transaction claims for: proven ones, and others.
PROVEN_AT_ONCE = 64
UNPROVEN_AT_ONCE = 32
#: Deliveries that one transaction claims, about: those that come next are not to wait for long.
CLAIMED_AT_ONCE = 128
#: Webhooks whose limit is remembered.
LANES_MAX = 10_000


class Lanes:
    """Used by the engine's loop alone. Times are monotonic seconds."""

    def __init__(self, config: DeliveryConfig) -> None:
        self._config = config
        self._lanes: dict[str, Lane] = {}
        #: Those that are not idle, nor stuck.
        self.active: dict[str, Lane] = {}
        #: Those that only an answer can change, with the slots that they hold: hundreds of webhooks
        #: that hang are not looked at again and again.
        self._stuck: dict[str, Demand] = {}
        self._held_by_stuck = Held()
        #: Those of them with pushes that wait.
        self._pushed: dict[str, Lane] = {}

    @property
    def slots(self) -> int:
        """Attempts that may be under way, all webhooks together."""
        return self._config.slots

    def of(self, webhook_id: str) -> Lane:
        """The lane of a webhook, which has something to do now."""
        lane = self._lanes.get(webhook_id)
        if lane is None:
            if len(self._lanes) >= LANES_MAX:
                kept = self.active.keys() | self._stuck.keys()
                self._lanes = {key: self._lanes[key] for key in kept}
            lane = self._lanes[webhook_id] = Lane(webhook_id, self._config.max_in_flight)
        self.active[webhook_id] = lane
        if (stuck := self._stuck.pop(webhook_id, None)) is not None:
            self._held_by_stuck.add(stuck.org_id, -stuck.in_flight, proven=False)
        return lane

    @property
    def in_flight(self) -> int:
        """Attempts under way."""
        looked_at = sum(lane.in_flight for lane in list(self.active.values()))
        return looked_at + self._held_by_stuck.unproven

    @property
    def are_busy(self) -> bool:
        """Whether anything is under way, held or to be recorded."""
        return bool(self._stuck) or any(lane.is_busy for lane in self.active.values())

    def leave_idle(self, now: float) -> None:
        """Look no more at those that have nothing to do, or can do nothing."""
        for key, lane in list(self.active.items()):
            if lane.is_idle:
                del self.active[key]
            elif lane.is_stuck(now):
                del self.active[key]
                self._stuck[key] = Demand(key, lane.org_id, False, lane.held, 0)
                self._held_by_stuck.add(lane.org_id, lane.held, proven=False)

    def hold(self, push: WaitingPush) -> None:
        """Send a push as soon as may be."""
        lane = self.of(push.claimed.webhook_id)
        lane.hold(push)
        self._pushed[lane.webhook_id] = lane

    def review_pushes(self, now: float, *, keep: bool) -> bool:
        """Give back what must not be sent, or not any more; whether others wait."""
        for lane in self._pushed.values():
            lane.review_pushes(now, keep=keep)
        self._pushed = {key: lane for key, lane in self._pushed.items() if lane.has_pushes}
        return bool(self._pushed)

    @property
    def waiting_bytes(self) -> int:
        """What the pushes take that have not been sent."""
        return sum(lane.waiting_bytes for lane in self._pushed.values())

    def wakes_at(self, now: float) -> list[float]:
        """When waits are over."""
        moments = [at for lane in self.active.values() if (at := lane.due.wakes_at(now))]
        return moments + [at for lane in self._pushed.values() for at in lane.pushes_stale_at]

    def grant(self, now: float) -> dict[str, int]:
        """The slots that each webhook may fill now."""
        held = self._held_by_stuck.copy()
        demands: list[Demand] = []
        for lane in self.active.values():
            if lane.held:
                held.add(lane.org_id, lane.held, proven=lane.is_proven(now))
            if (demand := lane.demand(now)) is not None:
                demands.append(demand)
        granted = grant(self._config.slots, held, demands) if demands else {}
        for demand in demands:
            if demand.wanted > granted.get(demand.webhook_id, 0):
                lane = self.active[demand.webhook_id]
                lane.waits_for = "slots" if demand.proven else "bulkhead"
        return granted

    def plan(self, now: float, *, claims: bool) -> list[WebhookWork]:
        """What the next transaction does; without `claims` it only records."""
        claiming = self._first(self.grant(now), now) if claims else {}
        return [
            lane.work(claiming.get(key, 0), now)
            for key, lane in self.active.items()
            if lane.has_results or key in claiming or lane.needs_endpoint
        ]

    def _first(self, granted: dict[str, int], now: float) -> dict[str, int]:
        """For whom the next transaction claims; those that waited longest come first."""
        claiming = [self.active[key] for key in granted if self.active[key].may_claim(now)]
        claiming.sort(key=lambda lane: lane.due.asked_at)
        proven = [lane.webhook_id for lane in claiming if lane.is_proven(now)]
        others = [lane.webhook_id for lane in claiming if not lane.is_proven(now)]
        room = CLAIMED_AT_ONCE
        first: dict[str, int] = {}
        for webhook_id in proven[:PROVEN_AT_ONCE] + others[:UNPROVEN_AT_ONCE]:
            if room > 0:
                first[webhook_id] = granted[webhook_id]
                room -= min(granted[webhook_id], CLAIMED_AT_ONCE_MAX)
        return first
