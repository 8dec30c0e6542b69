"""What an org does about spam."""

from __future__ import annotations

from enum import StrEnum


class SpamMode(StrEnum):
    """Every mode scores captures, and none refuses them."""

    MONITOR = "monitor"  # the score is kept, and changes nothing
    QUARANTINE = "quarantine"  # what counts as spam is held back
    REQUIRE_POW = "require-pow"  # and so is what comes without a proof of work
