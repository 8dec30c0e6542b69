"""What a check finds: figures, and violations of what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

#: This many violations of one kind are listed; the others are counted.
LISTED_MAX = 5


class Kind(StrEnum):
    """How a promise was broken."""

    LOST = "lost"
    STUCK = "stuck"
    DUPLICATED = "duplicated"
    INCONSISTENT = "inconsistent"
    SLOW = "slow"


class Violation(NamedTuple):
    """One broken promise: of what kind, what should hold, and which ids break it."""

    kind: Kind
    rule: str
    ids: Sequence[str]

    def __str__(self) -> str:
        listed = ", ".join(self.ids[:LISTED_MAX])
        more = f" and {len(self.ids) - LISTED_MAX} more" if len(self.ids) > LISTED_MAX else ""
        return f"{self.kind}: {self.rule}: {listed}{more}"


@dataclass
class Findings:
    """What one check found. `figures` are shown in the order in which they were added."""

    figures: dict[str, int | float] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def expect_none(self, kind: Kind, rule: str, offenders: Iterable[object]) -> None:
        """Notes a violation when there are offenders."""
        ids = [str(each) for each in offenders]
        if ids:
            self.violations.append(Violation(kind, rule, ids))

    def count(self, kind: Kind) -> int:
        """How many ids break promises in this way."""
        return sum(len(each.ids) for each in self.violations if each.kind is kind)
