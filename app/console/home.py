"""Home: the org's leads and deliveries of 24 hours, from hourly figures and short queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.console.bars import draw
from app.console.headers import PRIVATE_HEADERS
from app.console.visit import Page, Visit
from app.domain.errors import NotFound
from app.domain.system.loss import anything_lost
from app.domain.times import now
from app.storage.database import transaction
from app.storage.figures import figures, hours
from app.storage.figures.hours import HOUR, DeliveryHour, LeadHour, WebhookState
from app.storage.lead import lead_lists
from app.storage.lead.leads import Wanted
from app.storage.org import first_steps
from app.storage.org.first_steps import FirstSteps

_LATEST = 6
_DAY = timedelta(hours=24)


def show(visit: Visit) -> Page:
    """The first page."""
    at, org_id = now(), visit.org.id
    this_hour = at.replace(minute=0, second=0, microsecond=0)
    first = this_hour - _DAY + HOUR
    with transaction(visit.services.database) as cursor:
        counted = hours.leads_since(cursor, org_id, first - _DAY)
        delivered = hours.deliveries_since(cursor, org_id, first)
        states = hours.webhook_states(cursor, org_id)
        done = first_steps.done(cursor, org_id)
        latest = lead_lists.page(cursor, org_id, Wanted(), _LATEST).leads
        progress = lead_lists.progress_of(cursor, [e.event_id for e in latest if e.event_id])
        in_fallback, unreadable = figures.backlog(cursor)
    lost = anything_lost(
        visit.services.queue_look.facts(),
        in_fallback,
        unreadable,
        volatile_allowed=visit.services.settings.allow_volatile_queue,
        has_counts=visit.runs_the_system,
    )
    due = [state for state in states if state.oldest_due_at and state.status == "active"]
    values = {
        "org": visit.org.slug,
        "steps": _steps(visit, done),
        "today": _total(counted, first, at),
        "before": _total(counted, first - _DAY, first),
        "aside": _total(counted, first, at, ("quarantined", "rejected")),
        "bars": draw([_hour(counted, first + n * HOUR) for n in range(24)], first),
        "deliveries": _deliveries(delivered),
        "oldest": min((s for s in due if _is_late(s, at)), key=_due_at, default=None),
        "open_circuits": [s for s in states if s.circuit_open_until and s.circuit_open_until > at],
        "paused": [state for state in states if state.status != "active"],
        "lost": lost,
        "leads": latest,
        "progress": progress,
    }
    return Page("home/show.html", values, fragment="home/body.html")


def nothing(visit: Visit) -> Page:
    """The page for an unknown path."""
    raise NotFound("Page not found. It may have been deleted, or the address has a typo.")


async def root(request: Request) -> Response:
    """`/`: redirect browsers to the console; answer programs with 404."""
    if "text/html" not in request.headers.get("accept", ""):
        raise NotFound
    return RedirectResponse("/console/", 303, headers=PRIVATE_HEADERS)


def _steps(visit: Visit, done: FirstSteps) -> list[dict[str, object]]:
    """The first steps, with this host filled in; empty when all are done."""
    if all(done):
        return []
    at, json = visit.public_origin, "-H 'Content-Type: application/json'"
    return [
        {
            "title": "Send a lead",
            "text": "From a terminal, or from a form on any page.",
            "commands": [
                f"""curl {at}/capture {json} -d '{{"email": "ada@example.com"}}'""",
                f'<form method="post" action="{at}/capture"><input name="email"></form>',
            ],
            "path": "",
            "done": done.lead,
        },
        {
            "title": "Add a webhook",
            "text": "Each lead is posted to it, signed, and retried until the receiver accepts it.",
            "commands": [
                f'curl {at}/webhooks -H "X-Api-Key: $REX_KEY" {json}'
                """ -d '{"url": "https://example.com/hook"}'"""
            ],
            "path": "/console/webhooks",
            "done": done.webhook,
        },
        {
            "title": "See it delivered",
            "text": "The next lead is sent at once. Open it to see the request and the response.",
            "commands": [],
            "path": "",
            "done": done.delivery,
        },
    ]


def _total(
    counted: Sequence[LeadHour],
    first: datetime,
    last: datetime,
    statuses: Sequence[str] = ("recorded",),
) -> int:
    its = (each for each in counted if first <= each.hour < last and each.status in statuses)
    return sum(each.leads for each in its)


def _hour(counted: Sequence[LeadHour], hour: datetime) -> Counter[str]:
    """The recorded leads of an hour by source."""
    found: Counter[str] = Counter()
    for each in counted:
        if each.hour == hour and each.status == "recorded":
            found[each.source] += each.leads
    return found


def _deliveries(delivered: Sequence[DeliveryHour]) -> dict[str, object]:
    """The deliveries of the last 24 hours: how many succeeded, and how long the latest took."""
    succeeded, failed = (
        sum(getattr(each, n) for each in delivered) for n in ("succeeded", "failed")
    )
    timed = [each for each in delivered if each.p95_ms is not None]
    latest = timed[-1] if timed else None
    settled = succeeded + failed
    return {
        "succeeded": succeeded,
        "failed": failed,
        "unsettled": sum(each.unsettled for each in delivered),
        "percent": 100 * succeeded / settled if settled else None,
        "p50": latest and latest.p50_ms,
        "p95": latest and latest.p95_ms,
    }


def _due_at(state: WebhookState) -> datetime:
    assert state.oldest_due_at is not None
    return state.oldest_due_at


def _is_late(state: WebhookState, at: datetime) -> bool:
    return state.oldest_due_at is not None and state.oldest_due_at < at
