"""Failed deliveries, grouped by cause; counted first, then sent again together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.console.rendering import link
from app.console.visit import Page, Redirect, Visit
from app.domain.ids import is_id
from app.storage.database import transaction
from app.storage.delivery import failed_deliveries
from app.storage.delivery.failed_deliveries import LOOKED_AT_MAX, Failed, Wanted

PATH = "/console/deliveries"
#: Failed deliveries of which the list groups the causes: the latest.
GROUPED = 200
#: Deliveries that one transaction sends again.
_STEP = 500
_FILTER_CHARS_MAX = 100


class Cause(NamedTuple):
    """What some failed deliveries have in common."""

    cause: str
    deliveries: int
    webhook_ids: list[str]
    latest: Failed


def wanted_by(given: Mapping[str, str]) -> Wanted:
    """Which failed deliveries the filters of a page or form ask for."""
    named = {name: given.get(name, "").strip()[:_FILTER_CHARS_MAX] for name in ("type", "cause")}
    webhook_id, last = given.get("webhook", ""), given.get("last", "")
    return Wanted(
        webhook_id if is_id(webhook_id, "whk") else "",
        named["type"],
        named["cause"],
        f"{last}~" if is_id(last, "dlv") else "dlv_~",
    )


def causes_of(failed: Iterable[Failed]) -> list[Cause]:
    """The causes of these, newest first, whatever the webhook; the most frequent one first."""
    groups: defaultdict[str, list[Failed]] = defaultdict(list)
    for each in failed:
        groups[each.cause].append(each)
    causes = [
        Cause(cause, len(its), list(dict.fromkeys(each.webhook_id for each in its)), its[0])
        for cause, its in groups.items()
    ]
    return sorted(causes, key=lambda each: -each.deliveries)


def show(visit: Visit) -> Page:
    """How many would be sent again, before they are."""
    wanted = wanted_by(visit.query)
    with transaction(visit.services.database) as cursor:
        found = failed_deliveries.latest(cursor, visit.org.id, wanted)
    hooks = visit.operations.list_webhooks(visit.caller, query={"limit": "200"})["data"]
    values = {
        "total": len(found),
        "is_capped": len(found) >= LOOKED_AT_MAX,
        "causes": causes_of(found),
        "wanted": wanted,
        "last": found[0].id if found else "",
        "names": {each["id"]: each["name"] for each in hooks},
        "back": _back(wanted),
    }
    return Page("deliveries/retry.html", values)


def retry(visit: Visit) -> Redirect:
    """Retry all that match now, except those created after the count."""
    wanted, total = wanted_by(visit.form), 0
    with transaction(visit.services.database) as cursor:
        found = failed_deliveries.latest(cursor, visit.org.id, wanted)
    for first in range(0, len(found), _STEP):
        total += _retry(visit, [each.id for each in found[first : first + _STEP]])
    visit.services.notifier.notify({each.webhook_id for each in found})
    noun = "delivery is" if total == 1 else "deliveries are"
    return Redirect(_back(wanted), f"{total:,} {noun} sent again now.")


def _retry(visit: Visit, ids: list[str]) -> int:
    with transaction(visit.services.database) as cursor:
        count = failed_deliveries.retry(cursor, visit.org.id, ids)
        visit.note(cursor, "delivery.retried_together", deliveries=count)
    return count


def _back(wanted: Wanted) -> str:
    """The list with the same filters."""
    filters = {"webhook": wanted.webhook_id, "type": wanted.event_type, "cause": wanted.cause}
    return link(PATH, filters, status="failed")
