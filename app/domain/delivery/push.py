"""Push: a first attempt that is leased to a delivery process in the transaction that records it.

The process receives it with everything the request needs and sends it at once; a claim would cost a
second commit before the first byte. Only webhooks for which nothing rules out an attempt now get
pushes: each rule that claims enforce (pace, order, pause, circuit) is unset or not in force.
"""

from __future__ import annotations

from typing import NamedTuple

#: A push may wait in its process for a slot or for the webhook's limit, up to this age. Then it
#: goes back and is claimed in its turn. Shorter than the time between two looks for leases that
#: never arrived (`LOOK_SECONDS`), so that none is sent after it was given back.
AGE_SECONDS_MAX = 0.75
#: How often a process compares the leases that it holds with those that it knows.
LOOK_SECONDS = 1.0
#: What has been due for so long waits for more than its claim.
BACKLOG_SECONDS = 0.5
#: Leases of a webhook that one process may hold while pushes are added: what is recorded in a
#: quarter of a second on a busy day, since what has been answered is settled some time later.
IN_FLIGHT_MAX = 256


class PushFacts(NamedTuple):
    """What the recording transaction sees of a webhook."""

    is_active: bool
    ordered: bool
    has_rate_limit: bool
    #: Its last attempt succeeded: it has had one, and no failure since.
    answers_well: bool
    #: The receiver asked for a pause, or the circuit is open.
    is_paused: bool
    #: Deliveries have been due for `BACKLOG_SECONDS`: they go first.
    has_backlog: bool
    #: Its deliveries under a lease of the process that would get the push.
    in_flight: int


def pushes_allowed(facts: PushFacts) -> int:
    """How many first attempts of the webhook may be pushed now."""
    if facts.ordered or facts.has_rate_limit or facts.is_paused or facts.has_backlog:
        return 0
    if not (facts.is_active and facts.answers_well):
        return 0
    return max(0, IN_FLIGHT_MAX - facts.in_flight)
