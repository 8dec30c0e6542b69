"""How a difference of two clocks is judged."""

from __future__ import annotations

from app.domain.system.clock_skew import SKEW_MAX_SECONDS
from app.domain.system.finding import Outcome, limits

#: From here on receivers may refuse what we sign, and retries come late or early.
FAIL_SECONDS = 30.0


def clock(seconds_ahead: float) -> Outcome:
    """The outcome for this machine's clock, so many seconds ahead of a server's."""
    direction = "ahead of" if seconds_ahead >= 0 else "behind"
    found = f"this machine is {abs(seconds_ahead):,.1f} s {direction} it"
    return limits(
        abs(seconds_ahead),
        found,
        "run chrony or systemd-timesyncd on both machines",
        warn=SKEW_MAX_SECONDS,
        fail=FAIL_SECONDS,
    )
