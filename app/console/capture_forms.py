"""The org's forms: the leads of each, how many converted, and the code for a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from app.console.visit import Page, Visit
from app.domain.capture.form_figures import Day, by_form
from app.domain.submission.form import FORM_CHARS_MAX
from app.domain.times import now
from app.storage.database import transaction
from app.storage.lead import form_lists

PATH = "/console/forms"
_DAYS = 30
_FOLDER = Path(__file__).parent / "snippets"
_BAR, _HEIGHT = 6, 32
_EXAMPLE = "demo-request"
#: What is pasted into a page or a program, by name, with what it is for.
_SNIPPETS = {
    "rex-js.html": ("With rex.js", "The visitor stays on the page; no lead is lost on the way."),
    "plain.html": ("Plain form", "No script. The visitor goes on to a thank-you page."),
    "capture.js": ("From a script", "For your own form, in any framework."),
    "server.txt": ("From a server", "One POST, with or without a key."),
}


class Bar(NamedTuple):
    """A day as the template draws it: its leads, and those that converted in front of them."""

    x: int
    height: float
    converted_height: float
    text: str


def show(visit: Visit) -> Page:
    """The forms of the latest leads, and the code of one that does not exist yet."""
    at = now()
    name = re.sub(r"[^\w.-]+", "-", visit.query.get("name", "").strip())[:FORM_CHARS_MAX]
    with transaction(visit.services.database) as cursor:
        leads = form_lists.latest(cursor, visit.org.id, at - timedelta(days=_DAYS))
    figures = by_form(leads, at.date(), _DAYS)
    values = {
        "forms": [(each, _bars(each.days)) for each in figures],
        "days": _DAYS,
        "width": _DAYS * _BAR,
        "height": _HEIGHT,
        "oldest": min((lead.received_at for lead in leads), default=None),
        "is_partial": len(leads) >= form_lists.LOOKED_AT_MAX,
        "looked_at_max": form_lists.LOOKED_AT_MAX,
        "name": name,
        "example": _EXAMPLE,
        "snippets": _snippets(visit.public_origin, name or _EXAMPLE),
        "spam_mode": visit.org.settings.spam_mode,
    }
    return Page("capture_forms/list.html", values)


def _bars(days: Sequence[Day]) -> list[Bar]:
    most = max([1, *(day.leads for day in days)])
    scale = (_HEIGHT - 2) / most
    return [
        Bar(
            at * _BAR,
            round(day.leads * scale, 1),
            round(day.converted * scale, 1),
            f"{day.day:%d %b}: {day.leads} leads, {day.converted} converted",
        )
        for at, day in enumerate(days)
    ]


def _snippets(origin: str, form: str) -> list[tuple[str, str, str]]:
    """Title, purpose and code of each, with this host and form."""
    return [
        (title, words, text.replace("{origin}", origin).replace("{form}", form))
        for (title, words), text in zip(_SNIPPETS.values(), _TEXTS, strict=True)
    ]


_TEXTS = [(_FOLDER / name).read_text().strip() for name in _SNIPPETS]
