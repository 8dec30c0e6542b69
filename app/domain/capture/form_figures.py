"""What came from which form and page, and what became of it, day by day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

#: Pages that are named for each form: those with the most leads.
PAGES_SHOWN = 5
#: Stages of contacts that count as converted.
CONVERTED = ("prospect", "customer")


class FormLead(NamedTuple):
    """A lead as far as it matters here."""

    received_at: datetime
    form: str | None
    referrer: str | None
    status: str
    #: The stage of its contact now; None: it has none.
    stage: str | None


class Day(NamedTuple):
    """The recorded leads of a day (UTC), and how many of their contacts have converted since."""

    day: date
    leads: int
    converted: int


class FormFigures(NamedTuple):
    """A form's leads. `name` is "" for leads that tell of no form."""

    name: str
    recorded: int
    quarantined: int
    rejected: int
    converted: int
    last_at: datetime
    #: Pages without their query, with how many leads came from each.
    pages: list[tuple[str, int]]
    days: list[Day]


def by_form(leads: Iterable[FormLead], last: date, days: int) -> list[FormFigures]:
    """The figures of each form over the `days` days up to `last`, the one with most leads first."""
    groups: defaultdict[str, list[FormLead]] = defaultdict(list)
    for lead in leads:
        groups[lead.form or ""].append(lead)
    first = last - timedelta(days=days - 1)
    span = [first + timedelta(days=n) for n in range(days)]
    figures = [_figures(name, members, span) for name, members in groups.items()]
    return sorted(figures, key=lambda each: (-each.recorded, -each.quarantined, each.name))


def _figures(name: str, leads: Sequence[FormLead], span: Sequence[date]) -> FormFigures:
    statuses = Counter(lead.status for lead in leads)
    recorded = [lead for lead in leads if lead.status == "recorded"]
    made = Counter(lead.received_at.date() for lead in recorded)
    converted = Counter(lead.received_at.date() for lead in recorded if lead.stage in CONVERTED)
    pages: Counter[str] = Counter()
    for referrer, count in Counter(lead.referrer for lead in leads).items():
        pages[page_of(referrer)] += count
    del pages[""]
    return FormFigures(
        name,
        statuses["recorded"],
        statuses["quarantined"],
        statuses["rejected"],
        converted.total(),
        max(lead.received_at for lead in leads),
        pages.most_common(PAGES_SHOWN),
        [Day(day, made[day], converted[day]) for day in span],
    )


def page_of(referrer: str | None) -> str:
    """The page of a referrer, without what tells one visit from another; "": none is known."""
    try:
        parts = urlsplit(referrer or "")
    except ValueError:
        return ""
    return f"{parts.netloc}{parts.path}".rstrip("/") if parts.netloc else ""
