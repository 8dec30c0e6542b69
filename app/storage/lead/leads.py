"""Leads: captures with what became of them, and what one may ask of a list of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.domain.ids import ulid_of
from app.storage.capture.captures import StoredCapture
from app.storage.models import Captures, columns_for

#: Rows that one page with a filter looks at; with words, only those that are not indexed yet.
LOOKED_AT_MAX = 3000
_LOOKED_AT_FOR_WORDS = 1000

#: Of a capture `c`, as `lead_of` takes them.
COLUMNS = ", ".join(f"c.{column.column_name}" for column in columns_for(Captures, StoredCapture))


class Wanted(NamedTuple):
    """Which leads to list; "" and (): any. `after` and `before` bound their ULIDs, both without.

    `contact_ids`: those that were answered with one of these ids.
    """

    statuses: Sequence[str] = ()
    source: str = ""
    campaign: str = ""
    form: str = ""
    stage: str = ""
    words: Sequence[str] = ()
    contact_ids: Sequence[str] = ()
    after: str = ""
    before: str = "~"

    @property
    def is_filtered(self) -> bool:
        """Whether rows are left out by what they say."""
        return any((self.source, self.campaign, self.form, self.stage, self.words))

    @property
    def looks_at_max(self) -> int:
        """How many rows one page looks at, at most."""
        return min(LOOKED_AT_MAX, _LOOKED_AT_FOR_WORDS) if self.words else LOOKED_AT_MAX


class Lead(NamedTuple):
    """A capture, the contact that it was merged into, and its event; None: set aside."""

    capture: StoredCapture
    contact_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    stage: str | None = None

    @property
    def ulid(self) -> str:
        """Its place in time."""
        return ulid_of(self.capture.id)


class LeadPage(NamedTuple):
    """Leads, newest first; `next_before` is where older ones begin, None at the end."""

    leads: list[Lead]
    next_before: str | None


def lead_of(*row: object) -> Lead:
    """The columns of its capture, then those of the lead."""
    *capture, contact_id, event_id, event_type, stage = row
    return Lead(StoredCapture(*capture), contact_id, event_id, event_type, stage)  # type: ignore[arg-type]


def fits(row: StoredCapture, wanted: Wanted) -> bool:
    """Whether a capture is wanted by what it says."""
    payload, text = row.payload, str(row.payload).lower()
    campaign = str(payload.get("metadata", {}).get("utm_campaign", "")).lower()
    return (
        (not wanted.source or payload.get("source") == wanted.source)
        and (not wanted.campaign or campaign == wanted.campaign.lower())
        and (not wanted.form or payload.get("form") == wanted.form)
        and all(word in text for word in wanted.words)
    )
